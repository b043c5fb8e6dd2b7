#!/usr/bin/env python3
"""Writes the golden vectors of proto/vectors, always the same ones.

    make_vectors.py DIR            write them
    make_vectors.py --check DIR    compare with what is there, as TAP

Nothing of the C code is used: a second implementation (ed25519.py, wire.py) stands behind them.
"""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import vectors_documents
import vectors_envelopes
import vectors_small

FILES = {
    "frames.json": vectors_small.frames,
    "rxids.json": vectors_small.rxids,
    "vouchers.json": vectors_small.vouchers,
    "dsse.json": vectors_documents.dsse,
    "documents.json": vectors_documents.documents,
    "envelopes.json": vectors_envelopes.envelopes,
}


def text_of(name):
    return json.dumps(FILES[name](), indent=1, ensure_ascii=False) + "\n"


def write(folder):
    for name in FILES:
        with open(os.path.join(folder, name), "w", encoding="utf-8", newline="\n") as f:
            f.write(text_of(name))


def check(folder):
    print("1..%d" % len(FILES))
    failed = False
    for number, name in enumerate(FILES, 1):
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            same = f.read() == text_of(name)
        failed = failed or not same
        print("%s %d - %s is what make_vectors.py writes"
              % ("ok" if same else "not ok", number, name))
    return 1 if failed else 0


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "--check":
        return check(arguments[1])
    if len(arguments) == 1 and not arguments[0].startswith("-"):
        write(arguments[0])
        return 0
    sys.stderr.write(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
