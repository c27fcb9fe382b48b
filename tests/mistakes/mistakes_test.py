#!/usr/bin/env python3
"""Typical mistakes in a shape: the compiler must say each in one sentence of ours.

mistakes_test.py COMPILER SOURCE_FOLDER
"""

import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = """
#include "codec/json_reader.hpp"
using namespace mp;
using namespace mp::codec;
struct Message { Price price; std::optional<Decimal> rate; struct Part {} part; };
struct Other { Price price; };
using S = Loose<%s>;
bool read(std::string_view text, Message& message) {
  JsonReader json;
  return json.read<true>([&](auto& in) { return in.template read<S>(text, message); });
}
"""

MISTAKES = {  # the members of a shape: what is to be said of them
    'Field<"p", &Other::price>': "a shape names a member of another message",
    'Field<"p", &Message::price>, Field<"p", &Message::rate>': "a shape names a key twice",
    'Field<"p", &Message::price, kRfc3339>': "a field's member is of a type that nothing fills",
    'Field<"p", &Message::part>': "a field's member is of a type that nothing fills",
    'Id<"p", &Message::price>': "an Id fills a std::string_view",
    'Inside<"k", Field<"p", &Other::price>>': "a shape names a member of another message",
}


def errors_of(compiler, sources, members):
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "mistake.cpp"
        program.write_text(PROGRAM % members)
        done = subprocess.run([compiler, "-std=c++20", f"-I{sources}", "-fsyntax-only", program],
                              capture_output=True, text=True, timeout=120, check=False)
    return [line for line in done.stderr.splitlines() if "error:" in line]


def main():
    compiler, sources = sys.argv[1:3]
    failed = False
    right = errors_of(compiler, sources, 'Field<"p", &Message::price>, Field<"r", &Message::rate>')
    if right:
        print("a right shape is refused:", *right, sep="\n  ")
        failed = True
    for members, sentence in MISTAKES.items():
        errors = errors_of(compiler, sources, members)
        if len(errors) != 1 or sentence not in errors[0]:
            print(f"{members}: expected one error, \"{sentence}\", got:", *errors, sep="\n  ")
            failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
