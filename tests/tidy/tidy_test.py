#!/usr/bin/env python3
"""Checks the tree against the house rules (rules.py), after proving that each rule bites.

tidy_test.py [--build FOLDER] [--root FOLDER]   a build folder adds the check that all is compiled
tidy_test.py --shrink                           lowers ratchet.txt to what is; never raises it
tidy_test.py --accept                           writes all that is too long into ratchet.txt: for a
                                                merge whose commit says why
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
import rules  # noqa: E402  (found beside this file)

RATCHET = "tests/tidy/ratchet.txt"
GOOD_HEADER = "// L0. A thing.\n#pragma once\n\nint thing();\n"
GOOD = {
    ".clang-format": "BasedOnStyle: Google\nColumnLimit: 100\n",
    "src/core/thing.hpp": GOOD_HEADER,
    "src/core/thing.cpp": '#include "core/thing.hpp"\n\nint main() { return 0; }\n',
    "src/venue/registry.cpp": 'const char* const kAll[][2] = {{"okx", ""}};\n',
    "tests/golden/okx/trade.in.ndjson": "{}\n",
}
LONG_BODY = "".join(f"  value += {number};\n" for number in range(60))

ROWS = "// L3. Rows.\n#pragma once\n\nnamespace mp::sink {{\n{} {{}};\n}}  // namespace mp::sink\n"

# (rule, the files that break it)
BREAKERS = [
    ("layers", {"src/core/low.cpp": '#include "venue/adapter.hpp"\n'}),
    ("layers", {"src/venue/side.cpp": '#include "sink/sink.hpp"\n'}),
    ("layers", {"src/core/bare.cpp": '#include "thing.hpp"\n'}),
    ("layers", {"src/venue/up.cpp": '#include "sim/server.hpp"\n'}),
    ("layers", {"sim/server.cpp": '#include "venue/adapter.hpp"\n'}),
    ("headers", {"src/core/thing.hpp": GOOD_HEADER.replace("L0", "L2")}),
    ("headers", {"src/core/thing.hpp": GOOD_HEADER.replace("#pragma once\n", "")}),
    ("headers", {"src/core/thing.hpp": GOOD_HEADER.replace("#pragma once\n", "")
                 + "#pragma once\n"}),
    ("columns", {"tests/tool.py": "#" * 101 + "\n"}),
    ("size", {"src/core/long.cpp": "// A line.\n" * 401}),
    ("size", {"src/core/long.cpp": f"int f(int value) {{\n{LONG_BODY}  return value;\n}}\n"}),
    ("size", {"src/core/long.cpp": "struct S {\n  int f(int value) const {\n"
              + LONG_BODY.replace("  ", "    ") + "    return value;\n  }\n};\n"}),
    ("size", {"src/venue/okx.cpp": "class Okx final : public Adapter {};\n" + "// Line.\n" * 250}),
    ("size", {"src/sink/file.cpp": "class File final : public Sink {};\n" + "// Line.\n" * 200}),
    ("size", {RATCHET: "file src/core/thing.cpp - 500\n"}),
    ("one-type", {"src/sink/a.hpp": ROWS.format("struct Rows"),
                  "src/sink/b.hpp": ROWS.format("class Rows final : public Table")}),
    ("one-type", {"src/sink/a.hpp": ROWS.format("enum class Rows : int"),
                  "sim/b.cpp": "namespace mp {\nnamespace sink {\nunion Rows {};\n"
                               "}  // namespace sink\n}  // namespace mp\n"}),
    ("one-type", {"src/sink/a.hpp": "// L3. A.\n#pragma once\n\nstruct Outer {\n"
                                    "  struct Inner {};\n};\n",
                  "tests/unit/sink/b.cpp": "struct Outer::Inner {};\n"}),
    ("clock", {"src/book/now.cpp": "auto now = std::chrono::system_clock::now();\n"}),
    ("chance", {"src/core/dice.cpp": "std::random_device dice;\n"}),
    ("chance", {"src/core/dice.cpp": "int dice = rand();\n"}),
    ("environment", {"src/sink/home.cpp": 'auto* home = std::getenv("HOME");\n'}),
    ("sleep", {"tests/unit/nap_test.cpp": "void nap() { std::this_thread::sleep_for(1s); }\n"}),
    ("namespace-std", {"src/core/lazy.cpp": "using namespace std;\n"}),
    ("catch-all", {"src/cli/hide.cpp": "void f() try {\n} catch (...) {\n}\n"}),
    ("co-await", {"src/core/ask.cpp": "auto got = co_await http.request({.body = text}, at);\n"}),
    ("assert", {"src/core/weak.cpp": "void f() { assert(1 == 1); }\n"}),
    ("todo", {"src/core/later.cpp": "// TO" "DO: later\n"}),
    ("golden", {"src/venue/registry.cpp": 'const char* const kAll[][2] = {{"kraken", ""}};\n'}),
    ("golden", {"src/venue/registry.cpp": "int nothing = 0;\n"}),
    ("machine", {"notes.md": "see /wo" "rk/notes\n"}),
    ("machine", {"notes.md": "from registry.npm" "js.org\n"}),
    ("compiled", {"src/core/forgotten.cpp": "int forgotten = 0;\n"}),
    ("layout", {"src/core/messy.cpp": "int   messy=0 ;\n"}),
]

# What must not be taken for a violation.
SAME = "namespace {\nstruct Same {};\n}  // namespace\nvoid {}() {\n  struct Local {};\n}\n"
INNOCENT = {
    "src/core/same.cpp": SAME.replace("{}()", "f()"),
    "src/obs/same.cpp": SAME.replace("{}()", "g()") + "struct Named;\ntemplate <class T>\n"
                        "struct Of {};\ntemplate <>\nstruct Of<int> {};\n",
    "src/book/same.cpp": "struct Named {};\nclass Named f();\nenum class Other : int;\n",
    "tests/unit/core/same.cpp": "struct OfTests {};\n",
    "tests/unit/obs/same.cpp": "struct OfTests {};\n",
    "src/core/words.cpp": "// system_clock::now, rand(), catch (...) and assert( in a comment\n"
                          'const char* kWords = "using namespace std; getenv";\n'
                          'const char* kRaw = R"(assert(1) { )";\nconst char kBrace = \'{\';\n'
                          "static_assert(sizeof(int) == 4);\nint big = 1'000'000;\n",
    "src/core/wait.cpp": "co_await socket.close(1000, {}, sink);\nstep({.kind = Kind::tick});\n",
    "src/net/now.cpp": "auto now = std::chrono::system_clock::now();\n",
    "src/cli/demo.cpp": '#include "sim/server.hpp"\n',
    "tests/unit/core/any_test.cpp": '#include "cli/cli.hpp"\n#include "core/thing.hpp"\n'
                                    "using namespace std::chrono_literals;\n",
    "src/core/condition.cpp": "// TO" "DO(when C++23 is here): use it\n",
    "src/core/rows.cpp": "int rows[] = {\n" + "    1,  // one\n" * 70 + "};\n",
}


def read_ratchet(root):
    ratchet = {}
    path = root / RATCHET
    for line in path.read_text().split("\n") if path.exists() else []:
        if line and not line.startswith("#"):
            kind, where, name, lines = line.split()
            ratchet[kind, where, name] = int(lines)
    return ratchet


def check(root, build=None):
    tree = rules.Tree(root, build, read_ratchet(root))
    return [finding for rule in rules.RULES for finding in rule(tree)]


def planted(files):
    """What is found in a small tree of `files`. All but forgotten.cpp counts as compiled."""
    with tempfile.TemporaryDirectory(prefix="tidy-") as folder:
        root = Path(folder) / "tree"
        for name, text in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        build = Path(folder) / "build"
        build.mkdir()
        commands = [{"directory": str(root), "file": name} for name in files
                    if name.endswith(".cpp") and "forgotten" not in name]
        (build / "compile_commands.json").write_text(json.dumps(commands))
        return check(root, build)


def self_test():
    """Sentences about rules that do not bite, or bite the innocent."""
    wrong = [f"a good tree is refused: {finding}" for finding in planted(GOOD)]
    wrong += [f"innocent, but refused: {finding}" for finding in planted(GOOD | INNOCENT)]
    for rule, files in BREAKERS:
        found = planted(GOOD | files)
        if {finding.rule for finding in found} != {rule}:
            wrong.append(f"{sorted(files)} breaks {rule}, but found was: "
                         + ("; ".join(map(str, found)) or "nothing"))
    unproven = {entry[0] for entry in rules.BANNED} - {rule for rule, _ in BREAKERS}
    wrong += [f"no tree breaks the rule {rule}" for rule in sorted(unproven)]
    return wrong


def shrink(root, accept):
    path = root / RATCHET
    found = rules.sizes(rules.Tree(root))
    lines = [line for line in path.read_text().split("\n") if line.startswith("#")]
    old = read_ratchet(root)
    for key, (_, length, _) in sorted(found.items()):
        if accept or key in old:
            lines.append(" ".join([*key, str(length if accept else min(old[key], length))]))
    path.write_text("\n".join(lines) + "\n")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    arguments.add_argument("--build", type=Path)
    arguments.add_argument("--shrink", action="store_true")
    arguments.add_argument("--accept", action="store_true")
    chosen = arguments.parse_args()
    if chosen.shrink or chosen.accept:
        shrink(chosen.root, chosen.accept)
        return 0
    wrong = self_test()
    findings = check(chosen.root, chosen.build)
    for sentence in wrong:
        print(f"self-test: {sentence}")
    for finding in findings:
        print(finding)
    print(f"tidy: {len(wrong)} rules failed their own test, {len(findings)} findings, "
          f"{len(BREAKERS)} planted violations")
    return 1 if wrong or findings else 0


if __name__ == "__main__":
    sys.exit(main())
