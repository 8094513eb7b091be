"""Templates that try to get out, or to cost too much. `text` is what a render may at most give."""

from .attacks_python import Attempt

ATTEMPTS = [
    Attempt("j1-classes", "{{ ''.__class__.__mro__[1].__subclasses__() }}"),
    Attempt(
        "j2-globals",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}{{ lipsum.__globals__['os'].system('id') }}",
    ),
    Attempt(
        "j3-attr-filter",
        "{{ (x | attr('__class__')) | attr('__mro__') }}{{ ''|attr('_'*2+'class'+'_'*2) }}{{ namespace|attr('__init__')|attr('__globals__') }}",
    ),
    Attempt(
        "j4-big-string",
        "{{ 'a' * 10 ** 10 }}{{ 'a' * 300000000 * 20 }}",
        ends=("memory", "exception", "result_limit", "timeout"),
    ),
    Attempt(
        "j5-endless-loops",
        "{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}{% endfor %}{% endfor %}{% endfor %}",
        ends=("timeout",),
        timeout=1,
        must_end=True,
    ),
    Attempt(
        "j6-formats",
        "{{ '{0.__class__.__init__.__globals__}'.format(x) }}{{ '%s' | format(x.__class__) }}{{ ('{0.__class__}' | string).format_map({'a': 1}) }}",
    ),
    Attempt(
        "j7-map",
        "{{ [x] | map(attribute='__class__.__mro__') | list }}{{ [x] | map('attr', '__class__') | list }}{{ [x]|groupby('__class__')|list }}",
    ),
    Attempt(
        "j8-include", "{% include '/etc/passwd' %}{% import '/etc/passwd' as p %}", ends=("exception",), must_end=True
    ),
    Attempt(
        "j9-change-inputs",
        "{% do items.append(1) %}{{ items.append(2) }}{{ items.clear() }}{{ config.__class__ }}",
        ends=("exception", "syntax"),
        must_end=True,
    ),
    Attempt(
        "j10-generators",
        "{{ (x for x in ()).gi_frame.f_globals }}{{ self.__init__.__globals__ }}{{ self._TemplateReference__context.environment.__class__.__init__.__globals__ }}{{ joiner.__init__.__globals__ }}",
        ends=("exception", "syntax"),
    ),
]
MUST_NOT_APPEAR = ("<class", "uid=", "root:", "<module", "__builtins__", "subclass", "function")
