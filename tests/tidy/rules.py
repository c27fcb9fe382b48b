"""The house rules that a program can check. Each rule takes a Tree and yields Findings.

Python's standard library only. tidy_test.py runs them, and proves that each one bites.
"""

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

LEVELS = {"core": 0, "obs": 1, "codec": 2, "net": 2, "journal": 2, "venue": 3, "book": 3, "sink": 3,
          "pipeline": 4, "config": 5, "control": 5, "cli": 6}
SIM_MAY_INCLUDE = {"core", "obs", "codec", "net", "sim"}
FILE_LINES = 400
FUNCTION_LINES = 60
ADAPTER_LINES = 250
SINK_LINES = 200
COLUMNS = 100

# Files that may catch everything: the top of a thread, with a policy written beside it.
MAY_CATCH_ALL = set()


@dataclass(frozen=True)
class Finding:
    rule: str
    path: str
    line: int
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.text} [{self.rule}]"


@dataclass
class Tree:
    root: Path
    build: Path | None = None  # a configured build folder
    ratchet: dict = field(default_factory=dict)  # (kind, path, name) -> lines

    def __post_init__(self):
        self.paths = sorted(self._list())
        self._texts = {}

    def _list(self):
        if (self.root / ".git").exists():
            command = ["git", "-c", "safe.directory=*", "-C", str(self.root)]
            command += ["ls-files", "-co", "--exclude-standard", "-z"]
            names = subprocess.run(command, capture_output=True, check=True).stdout.decode()
            return {name for name in names.split("\0") if name and (self.root / name).is_file()}
        found = (path for path in self.root.rglob("*") if path.is_file())
        return {str(path.relative_to(self.root)) for path in found}

    def text(self, path):
        if path not in self._texts:
            data = (self.root / path).read_bytes()
            self._texts[path] = "" if b"\0" in data else data.decode("utf-8", "replace")
        return self._texts[path]

    def sources(self, *folders):
        for path in self.paths:
            if path.endswith((".cpp", ".hpp")) and (
                    not folders or path.split("/")[0] in folders):
                yield path

    def layer(self, path):
        """core for src/core/...; cli for src/main.cpp; None outside src."""
        parts = path.split("/")
        if parts[0] != "src":
            return None
        return parts[1] if len(parts) > 2 else "cli"


TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|R"([^\s()\\]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
                   r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.DOTALL)


def code_of(text):
    """The text with comments and literals blanked out; every line stays where it was."""
    return TOKEN.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)


def line_at(text, offset):
    return text.count("\n", 0, offset) + 1


def includes_go_down(tree):
    for path in tree.sources("src", "sim"):
        layer = tree.layer(path)
        for match in re.finditer(r'^\s*#\s*include\s+"([^"]+)"', tree.text(path), re.MULTILINE):
            line, target = line_at(tree.text(path), match.start(1)), match.group(1)
            folder = target.split("/")[0] if "/" in target else ""
            if layer is None:
                if folder not in SIM_MAY_INCLUDE:
                    yield Finding("layers", path, line, f"sim/ may not include {target}")
            elif folder in ("sim", "bench") and layer == "cli":
                continue
            elif folder not in LEVELS:
                yield Finding("layers", path, line, f'"{target}" does not begin with a layer')
            elif folder != layer and LEVELS[folder] >= LEVELS.get(layer, -1):
                yield Finding("layers", path, line, f"{layer} may not include {target}")


def headers_say_what_they_are(tree):
    for path in tree.sources():
        if not path.endswith(".hpp"):
            continue
        lines = tree.text(path).split("\n")
        layer = tree.layer(path)
        start = f"// L{LEVELS.get(layer, 6)}" if layer else "//"
        if not re.match(start + r"[. ]", lines[0]):
            yield Finding("headers", path, 1, f'the first line must begin with "{start}"')
        before = [line for line in lines if line.strip() and not line.startswith("//")]
        if before[:1] != ["#pragma once"]:
            yield Finding("headers", path, 1, "#pragma once must come before everything else")


def lines_are_short(tree):
    for path in tree.paths:
        if path.endswith((".cpp", ".hpp", ".py")):
            for number, line in enumerate(tree.text(path).split("\n"), 1):
                if len(line) > COLUMNS:
                    yield Finding("columns", path, number, f"{len(line)} of {COLUMNS} columns")


NO_FUNCTION = re.compile(r"^\s*(if|for|while|switch|catch|do|else|namespace|class|struct|enum|union"
                         r"|extern|return|co_return|template\s*<[^>]*>\s*(class|struct|concept))\b")
FUNCTION_END = re.compile(r"\)\s*(const|noexcept|override|final|mutable|&&?|requires\b.*"
                          r"|->.*|:\s.*|try)*\s*$", re.DOTALL)


def functions(text):
    """(name, first line, number of lines) of each outermost function body."""
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: re.sub(r"[^\n]", " ", m.group(0)),
                  code_of(text), flags=re.MULTILINE)
    stack, begin, found = [], 0, []
    for match in re.finditer(r"[{};]", code):
        at, sign = match.start(), match.group(0)
        inside = any(entry is not None for entry in stack)
        if sign == "{":
            head = code[begin:at]
            is_function = (not inside and "(" in head and not NO_FUNCTION.match(head)
                           and FUNCTION_END.search(head))
            stack.append((head, begin + len(head) - len(head.lstrip())) if is_function else None)
        elif sign == "}" and stack:
            entry = stack.pop()
            if entry is not None:
                first = line_at(code, entry[1])
                words = re.match(r".*?([~\w:.]+)\s*\(([^()]*)", entry[0], re.DOTALL)
                name = words.group(1) if words else "?"
                if name.startswith("TEST") and words:
                    name += "(" + re.sub(r"\s", "", words.group(2)) + ")"
                found.append((name, first, line_at(code, at) - first + 1))
        begin = at + 1
    return found


def sizes(tree):
    """All that is larger than it should be: (kind, path, name) -> (line, lines, limit)."""
    found = {}
    for path in tree.sources():
        text = tree.text(path)
        lines = text.count("\n")
        limit = FILE_LINES
        if path.startswith("src/venue/") and re.search(r":\s*public\s+(venue::)?Adapter\b", text):
            limit = ADAPTER_LINES
        if path.startswith("src/sink/") and re.search(r":\s*public\s+(sink::)?Sink\b", text):
            limit = SINK_LINES
        if lines > limit:
            found["file", path, "-"] = (1, lines, limit)
        for name, line, length in functions(text):
            key = ("function", path, name)
            if length > FUNCTION_LINES and found.get(key, (0, 0, 0))[1] < length:
                found[key] = (line, length, FUNCTION_LINES)
    return found


def sizes_only_shrink(tree):
    found = sizes(tree)
    for (kind, path, name), (line, lines, limit) in found.items():
        allowed = tree.ratchet.get((kind, path, name), limit)
        what = f"the {kind} {name}" if kind == "function" else "the file"
        if lines > allowed:
            yield Finding("size", path, line, f"{what} has {lines} of {allowed} lines")
        elif lines < allowed:
            yield Finding("size", path, line, f"{what} shrank from {allowed} to {lines} lines: "
                                              "tests/tidy/tidy_test.py --shrink")
    for kind, path, name in tree.ratchet.keys() - found.keys():
        yield Finding("size", path, 1, f"the {kind} {name} is no longer too long: "
                                       "tests/tidy/tidy_test.py --shrink")


TYPE = re.compile(r"\b(?:class|struct|union|enum(?:\s+(?:class|struct))?)\s+"
                  r"(?:(?:\[\[[^\]]*\]\]|alignas\([^()]*\))\s*)*"
                  r"([A-Za-z_]\w*(?:::\w+)*)\s*(?:final\s*)?(?::[^:;{][^;{]*)?$")
NAMESPACE = re.compile(r"\bnamespace\b\s*([\w:]*)\s*$")


def types_with_linkage(text):
    """(qualified name, line) of each type that other files see: defined in no function and in no
    namespace without a name. A specialisation is not a type of that name."""
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda m: re.sub(r"[^\n]", " ", m.group(0)),
                  code_of(text), flags=re.MULTILINE)
    scopes, begin, found = [], 0, []  # a scope is its name, or None where nothing has linkage
    for match in re.finditer(r"[{};]", code):
        at, sign = match.start(), match.group(0)
        if sign == "{":
            head = code[begin:at]
            space, kind = NAMESPACE.search(head), TYPE.search(head)
            name = space.group(1) or None if space else kind.group(1) if kind else None
            if head.strip() == "extern":  # "C", a literal, is blanked out
                name = ""
            scopes.append(name)
            if kind and not space and None not in scopes:
                found.append(("::".join(filter(None, scopes)), line_at(code, at)))
        elif sign == "}" and scopes:
            scopes.pop()
        begin = at + 1
    return found


def a_type_is_defined_once(tree):
    """Two types of one name in one program: the linker takes parts of either, without a word."""
    programs = {}  # src, sim and bench are one; each unit test is one more, together with src
    for path in tree.sources("src", "sim", "bench", "tests"):
        parts = path.split("/")
        program = "/".join(parts[:3]) if parts[0] == "tests" and len(parts) > 3 else ""
        for name, line in types_with_linkage(tree.text(path)):
            programs.setdefault(program, {}).setdefault(name, []).append((path, line))
    shared = programs.get("", {})
    for program, types in programs.items():
        for name, places in types.items():
            places = places if program == "" else shared.get(name, []) + places
            first = places[0][0]
            for path, line in places[1:]:
                if path != first:
                    yield Finding("one-type", path, line, f"{name} is a type of {first} too")


PURE = {"core", "obs", "codec", "venue", "book", "sink"}
# (rule, pattern, where it is forbidden, what to do)
BANNED = [
    ("clock", r"\b(system_clock|high_resolution_clock)::now\b|\bclock_gettime\b|\bgettimeofday\b",
     lambda tree, path: tree.layer(path) in PURE, "below pipeline/ the time is an argument"),
    ("chance", r"\brandom_device\b|\brand\s*\(|\bgetrandom\b",
     lambda tree, path: tree.layer(path) in PURE, "below pipeline/ chance is an argument"),
    ("environment", r"\bgetenv\b",
     lambda tree, path: tree.layer(path) in PURE, "below pipeline/ nothing reads the environment"),
    ("sleep", r"\bsleep_(for|until)\b|\b(usleep|nanosleep)\b|::sleep\(",
     lambda tree, path: path.startswith("tests/"), "tests wait for a fact, not for time"),
    ("namespace-std", r"\busing\s+namespace\s+std\s*;", lambda tree, path: True, "write std::"),
    ("catch-all", r"\bcatch\s*\(\s*\.\.\.\s*\)",
     lambda tree, path: not path.startswith("tests/") and path not in MAY_CATCH_ALL,
     "name the exception"),
    ("co-await", r"\bco_await\b[^;]*?[(,]\s*\{\s*\.", lambda tree, path: True,
     "give the aggregate a name: g++ 12 copies it byte by byte and destroys both"),
    ("assert", r"(?<!\w)assert\s*\(", lambda tree, path: True,
     "MP_ASSERT, which stays on in release builds"),
]


def words_are_allowed(tree):
    for path in tree.sources("src", "sim", "tests", "bench", "fuzz"):
        code = code_of(tree.text(path))
        for rule, pattern, forbidden, advice in BANNED:
            if forbidden(tree, path):
                for match in re.finditer(pattern, code):
                    yield Finding(rule, path, line_at(code, match.start()),
                                  f"{match.group(0)!r}: {advice}")


def todos_end_some_day(tree):
    for path in tree.sources():
        for match in re.finditer(r"\b(TODO|FIXME|XXX)\b(?!\([^)]+\))", tree.text(path)):
            yield Finding("todo", path, line_at(tree.text(path), match.start()),
                          f"{match.group(1)} must name what ends it: TODO(condition)")


def venues_have_golden_frames(tree):
    path = "src/venue/registry.cpp"
    if path not in tree.paths:
        return
    names = re.findall(r'\{\s*"([a-z0-9-]+)"\s*,', tree.text(path))
    if not names:
        yield Finding("golden", path, 1, "no registered venue was recognised in this file")
    for name in names:
        if not any(other.startswith(f"tests/golden/{name}/") for other in tree.paths):
            yield Finding("golden", path, 1, f"{name} has no folder tests/golden/{name}")


# In pieces, so that this file does not find itself.
MACHINE = re.compile("|".join([
    r"(?<![\w.])/wo" r"rk/", r"/tmp/(wt|m" r"p)\b", r"(?<![\w.])/ro" r"ot/",
    r"(?<![\w.])/ho" r"me/\w", r"\bnpm" r"js\.(org|com)\b", r"\bdeb\.deb" r"ian\b",
    r"\bpy" r"pi\.org\b", r"\bcrat" r"es\.io\b", r"\bproxy\.gol" r"ang\b"]))


def text_names_no_machine(tree):
    for path in tree.paths:
        for match in MACHINE.finditer(tree.text(path)):
            yield Finding("machine", path, line_at(tree.text(path), match.start()),
                          f"{match.group(0)!r} is a place of one machine or a registry")


def sources_are_compiled(tree):
    commands = tree.build / "compile_commands.json" if tree.build else None
    if commands is None or not commands.exists():
        return
    compiled = {os.path.realpath(Path(entry["directory"]) / entry["file"])
                for entry in json.loads(commands.read_text())}
    for path in tree.paths:
        if path.endswith(".cpp") and path.startswith(("src/", "sim/", "tests/unit/")):
            if os.path.realpath(tree.root / path) not in compiled:
                yield Finding("compiled", path, 1, "no target compiles this file")


def clang_format():
    return shutil.which("clang-format-19")


def layout_is_clang_formats(tree):
    program = clang_format()
    if program is None:
        yield Finding("layout", ".clang-format", 1, "clang-format-19 is not installed")
        return
    files = list(tree.sources())
    for begin in range(0, len(files), 50):
        command = [program, "--dry-run", "-Werror", *files[begin:begin + 50]]
        said = subprocess.run(command, cwd=tree.root, capture_output=True, text=True).stderr
        places = re.findall(r"^(\S+?):(\d+):\d+: error:", said, re.MULTILINE)
        for path, line in dict(reversed(places)).items():  # the first place in each file
            yield Finding("layout", path, int(line), "not as clang-format lays it out: make format")


RULES = [includes_go_down, headers_say_what_they_are, lines_are_short, sizes_only_shrink,
         a_type_is_defined_once,
         words_are_allowed, todos_end_some_day, venues_have_golden_frames, text_names_no_machine,
         sources_are_compiled, layout_is_clang_formats]
