"""Texts of our own for indexing and finding."""

PASSAGES = [
    "A lighthouse keeper trims the lamp before dusk and writes the weather into the log book.",
    "Bees dance in the hive to tell their sisters where the clover flowers.",
    "Bread dough rises because yeast turns sugar into carbon dioxide.",
    "The harbour freezes in January, so ferries stop until the ice breaker has been through.",
    "A violin's sound post carries the vibration of the strings from the belly to the back.",
    "Glaciers grind rock into flour, which turns mountain lakes milky green.",
    "Sailors once reckoned longitude by comparing local noon with a clock set to home.",
    "Paper is made from wood fibres that are boiled, bleached and pressed.",
    "The lamp of a lighthouse is set in a lens that bends light into a narrow beam.",
    "Ants follow scent trails, and the shortest trail is renewed most often.",
    "\u84dd\u9cb8\u662f\u5730\u7403\u4e0a\u6700\u5927\u7684\u52a8\u7269\uff0c\u5fc3\u810f\u91cd\u8fbe\u4e00\u5428\u3002",
    "\u8336\u53f6\u5728\u53d1\u9175\u540e\u53d8\u6210\u7ea2\u8336\uff0c\u9999\u6c14\u66f4\u6d53\u3002",
    "\u3053\u306e\u706f\u53f0\u306f\u6d77\u5cb8\u306e\u5ca9\u306e\u4e0a\u306b\u5efa\u3066\u3089\u308c\u3066\u3044\u308b\u3002",
]

# One passage to a segment.
ONE_A_LINE = {
    "mode": "custom",
    "rules": {
        "pre_processing_rules": [],
        "segmentation": {"separator": "\n", "max_tokens": 200, "chunk_overlap": 0},
    },
}
TEXT = "\n".join(PASSAGES)


def long_text(paragraphs: int) -> str:
    """Distinct paragraphs of about forty words."""
    return "\n\n".join(
        f"Chapter {n}. " + " ".join(PASSAGES[(n + offset) % 10] for offset in (0, 3, 7)) for n in range(paragraphs)
    )
