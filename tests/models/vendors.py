"""What the vendors that speak OpenAI's protocol document of it, for the proof that our files say the same.

Written apart from our files, so that a difference is a finding; docs/guides/model-providers.md says from what sources.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from apps.models.fake_servers import Plan
from apps.models.fakes._openai_answers import usage_of
from apps.models.fakes.openai import OpenAIFake

_PENALTIES = frozenset({"presence_penalty", "frequency_penalty"})


@dataclass(frozen=True, slots=True)
class Vendor:
    """One vendor's form of the protocol.

    Args:
        path: what its base URL ends with.
        entered: what a workspace enters behind the host, where that is not `path`.
        header, prefix: how the key is sent.
        paths: of operations that are not where OpenAI has them.
        extra: fields of its requests that OpenAI does not have.
        refuses: OpenAI's fields that it does not take.
        renames: OpenAI's fields under its own names.
        stops: stop sequences it takes.
        usage: whether a stream is asked for its token counts; otherwise they come unasked.
        schema: the most it knows of `response_format`.
        embedding: fields of every embedding request beside model and input.
        dialect: how the fake answers.
    """

    path: str = "/v1"
    entered: str | None = None
    header: str = "authorization"
    prefix: str = "Bearer "
    paths: Mapping[str, str] = field(default_factory=dict)
    extra: frozenset[str] = frozenset()
    refuses: frozenset[str] = frozenset()
    renames: Mapping[str, str] = field(default_factory=dict)
    stops: int = 4
    usage: bool = True
    schema: str = "json_schema"
    embedding: Mapping[str, str] = field(default_factory=dict)
    embedding_style: str = "openai"
    rerank_style: str = "cohere"
    speech_style: str = "openai"
    dialect: str = "openai"

    def fake(self) -> OpenAIFake:
        """A server of this form."""
        fake = OpenAIFake(
            dialect=self.dialect,
            base_path=self.path,
            paths=self.paths,
            extra_fields=self.extra | (set(self.embedding) - {"encoding_format", "type"}),
            embedding=self.embedding_style,
            rerank=self.rerank_style,
            speech=self.speech_style,
        )
        if not self.usage:
            fake.dialect = replace(fake.dialect, extra={**fake.dialect.extra, "usage": usage_of(Plan())})
        return fake


# Servers of one's own take the host alone; they take or overlook what OpenAI does not have.
_OWN = Vendor(entered="", extra=frozenset({"top_k"}))
_NEWER = {"max_tokens": "max_completion_tokens"}
_DASHSCOPE_RERANK = "~/api/v1/services/rerank/text-rerank/text-rerank"

VENDORS: Mapping[str, Vendor] = {
    "openai": Vendor(refuses=frozenset({"top_k"}), renames=_NEWER, embedding={"encoding_format": "base64"}),
    "azure_openai": Vendor(
        path="/openai/v1",
        entered="",
        header="api-key",
        prefix="",
        dialect="azure",
        refuses=frozenset({"top_k"}),
        renames=_NEWER,
        embedding={"encoding_format": "base64"},
    ),
    "baichuan": Vendor(extra=frozenset({"top_k"}), refuses=_PENALTIES | {"seed"}, usage=False, schema="json_object"),
    "chatglm": _OWN,
    "deepseek": Vendor(
        path="",
        refuses=frozenset({"top_k", "seed"}),
        schema="json_object",
        extra=frozenset({"thinking", "reasoning_content"}),
    ),
    "groq": Vendor(path="/openai/v1", refuses=_PENALTIES | {"top_k"}, renames=_NEWER),
    "jina": Vendor(embedding={"task": "retrieval.passage"}),
    "localai": _OWN,
    "minimax": Vendor(
        paths={"speech": "/t2a_v2"},
        refuses=_PENALTIES | {"top_k", "seed"},
        schema="none",
        embedding={"type": "db"},
        embedding_style="minimax",
        speech_style="minimax",
        dialect="minimax",
    ),
    "mistralai": Vendor(
        extra=frozenset({"random_seed"}),
        refuses=frozenset({"top_k", "user"}),
        renames={"seed": "random_seed"},
        usage=False,
        dialect="mistral",
    ),
    "moonshot": Vendor(refuses=frozenset({"top_k", "seed"}), extra=frozenset({"thinking", "reasoning_content"})),
    "nvidia": Vendor(
        paths={"rerank": "/retrieval/{model}/reranking"},
        refuses=frozenset({"top_k"}),
        embedding={"input_type": "passage", "truncate": "END"},
        rerank_style="nvidia",
    ),
    "ollama": replace(_OWN, dialect="ollama"),
    "openai_api_compatible": Vendor(extra=frozenset({"top_k"})),
    "openllm": _OWN,
    "openrouter": Vendor(path="/api/v1", extra=frozenset({"top_k", "reasoning"}), dialect="openrouter"),
    "siliconflow": Vendor(extra=frozenset({"top_k"}), refuses=frozenset({"seed"}), schema="json_object"),
    "spark": Vendor(
        extra=frozenset({"top_k"}), refuses=frozenset({"seed"}), usage=False, schema="json_object", dialect="spark"
    ),
    "text_generation_inference": _OWN,
    "togetherai": Vendor(extra=frozenset({"top_k"})),
    "tongyi": Vendor(
        path="/compatible-mode/v1",
        paths={"rerank": _DASHSCOPE_RERANK},
        extra=frozenset({"top_k", "enable_thinking"}),
        refuses=frozenset({"frequency_penalty"}),
        rerank_style="dashscope",
    ),
    "vllm": _OWN,
    "volcengine_maas": Vendor(
        path="/api/v3",
        refuses=frozenset({"top_k", "seed"}),
        extra=frozenset({"thinking", "reasoning_content"}),
    ),
    "wenxin": Vendor(path="/v2", refuses=frozenset({"top_k"})),
    "x": Vendor(refuses=frozenset({"top_k"})),
    "xinference": _OWN,
    "yi": Vendor(refuses=_PENALTIES | {"seed", "top_k"}, schema="json_object"),
    "zhipuai": Vendor(
        path="/api/paas/v4",
        extra=frozenset({"thinking", "reasoning_content"}),
        refuses=_PENALTIES | {"seed", "top_k", "user"},
        stops=1,
        usage=False,
        schema="json_object",
        dialect="zhipu",
    ),
}

# Where calls go when the workspace enters no address of its own.
ADDRESSES: Mapping[tuple[str, str], str] = {
    ("openai", "chat"): "https://api.openai.com/v1/chat/completions",
    ("openai", "moderation"): "https://api.openai.com/v1/moderations",
    ("baichuan", "chat"): "https://api.baichuan-ai.com/v1/chat/completions",
    ("deepseek", "chat"): "https://api.deepseek.com/chat/completions",
    ("groq", "chat"): "https://api.groq.com/openai/v1/chat/completions",
    ("groq", "transcription"): "https://api.groq.com/openai/v1/audio/transcriptions",
    ("jina", "embeddings"): "https://api.jina.ai/v1/embeddings",
    ("jina", "rerank"): "https://api.jina.ai/v1/rerank",
    ("minimax", "chat"): "https://api.minimax.io/v1/chat/completions",
    ("minimax", "speech"): "https://api.minimax.io/v1/t2a_v2",
    ("mistralai", "chat"): "https://api.mistral.ai/v1/chat/completions",
    ("moonshot", "chat"): "https://api.moonshot.ai/v1/chat/completions",
    ("nvidia", "chat"): "https://integrate.api.nvidia.com/v1/chat/completions",
    ("nvidia", "rerank"): "https://ai.api.nvidia.com/v1/retrieval/nvidia/nv-rerankqa-mistral-4b-v3/reranking",
    ("openrouter", "chat"): "https://openrouter.ai/api/v1/chat/completions",
    ("siliconflow", "chat"): "https://api.siliconflow.com/v1/chat/completions",
    ("spark", "chat"): "https://spark-api-open.xf-yun.com/v1/chat/completions",
    ("togetherai", "chat"): "https://api.together.xyz/v1/chat/completions",
    ("tongyi", "chat"): "https://dashscope.aliyuncs.com/compatible-mode/v1/chat/completions",
    ("tongyi", "rerank"): "https://dashscope.aliyuncs.com/api/v1/services/rerank/text-rerank/text-rerank",
    ("volcengine_maas", "chat"): "https://ark.cn-beijing.volces.com/api/v3/chat/completions",
    ("wenxin", "chat"): "https://qianfan.baidubce.com/v2/chat/completions",
    ("x", "chat"): "https://api.x.ai/v1/chat/completions",
    ("yi", "chat"): "https://api.lingyiwanwu.com/v1/chat/completions",
    ("zhipuai", "chat"): "https://open.bigmodel.cn/api/paas/v4/chat/completions",
    ("zhipuai", "rerank"): "https://open.bigmodel.cn/api/paas/v4/rerank",
}
