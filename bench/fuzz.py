"""Coverage-guided fuzzing of all that parses: targets flow in, runs, coverage and findings of each flow out.

    python -m bench.fuzz [--seconds 60] [--corpus FOLDER] [TARGET...]

Each target (bench/fuzz_targets.py) runs in a process of its own under atheris, with our modules instrumented, on seeds
from the project's queries and, where it is there, the W3C suites. A finding is an exception that is none of ours, an
assertion of the target that does not hold, a crash, or an input that takes ten seconds; it is shown as a Python
literal, for a test. The exit status is 1 where there was one. With `--corpus`, what was learnt is kept.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from graph.project import ROOT

SUITES = ROOT.parent / "shared" / "w3c"
MOST_BYTES = 2048
UNIT_SECONDS = 10
MEGABYTES = 2048
WORDS = """
SELECT ASK CONSTRUCT DESCRIBE WHERE FROM NAMED GRAPH SERVICE SILENT OPTIONAL MINUS UNION FILTER BIND VALUES UNDEF
EXISTS NOT PREFIX BASE GROUP BY HAVING ORDER LIMIT OFFSET DISTINCT REDUCED AS IN COUNT SUM GROUP_CONCAT SEPARATOR BNODE
TRUE FALSE INSERT DELETE DATA WITH USING LOAD INTO CLEAR DROP CREATE ADD MOVE COPY TO DEFAULT ALL LATERAL ?s ?p ?o ?g
id:a id:p <x:y> <https://w3id.org/pmkg/id/p> _:b {| |} <<( )>> << >> ^^ @en @en--ltr \\\\u0022 1e0 .5 01 && || != ^ / *
http://[ Bearer gzip br zstd ;q=0.5 W/ text/turtle */* default-graph-uri= query= format= generation= bindings results
uri bnode literal xml:lang datatype type value head vars its:dir content-length: transfer-encoding: chunked
"""


@dataclass(frozen=True)
class Result:
    """What came of one target: how often it ran, how much of our code it reached, and the inputs that it failed on."""

    name: str
    runs: int
    seconds: float
    coverage: int
    corpus: int
    findings: tuple[bytes, ...]
    said: str


def seeds(name: str) -> list[bytes]:
    """Inputs to begin with; where a target takes a byte of options first, each seed has some."""
    queries = [path.read_bytes() for path in sorted((ROOT / "queries").glob("*.ttl"))]
    texts = [match for text in queries for match in re.findall(rb'"""(.*?)"""', text, re.DOTALL)]
    kinds = {".rq", ".ru", ".ttl", ".trig", ".nq", ".nt", ".rdf", ".jsonld", ".srj"}
    files = [path for path in sorted(SUITES.rglob("*")) if path.suffix in kinds and path.stat().st_size <= MOST_BYTES]
    by_kind = {kind: [path.read_bytes() for path in files if path.suffix == kind] for kind in kinds}
    sparql, updates = texts + by_kind[".rq"][:400], by_kind[".ru"][:300]
    match name:
        case "operations":
            return updates
        case "updates":
            return [bytes([number % 8]) + text for number, text in enumerate(updates)]
        case "rewriting":
            return [bytes([number % 16]) + text for number, text in enumerate(sparql)]
        case "documents":
            return _documents(by_kind)
        case "service_rows":
            row = {"x": {"type": "literal", "value": 'a\\"', "xml:lang": "en"}, "y": {"type": "bnode", "value": "b"}}
            document = {
                "head": {"vars": ["x", "y"]},
                "results": {"bindings": [row, {"x": {"type": "uri", "value": "x:y"}}]},
            }
            return [json.dumps(document).encode(), *by_kind[".srj"]]
        case "guard" | "syntax" | "services" | "advice":
            service = b"SELECT * { ?s ?p ?o SERVICE SILENT <http://x.example/sparql> { ?o id:p ?q FILTER(?q < 3) } }"
            return [service, *sparql, *(updates if name == "guard" else ())]
        case "backups":
            return [_backup()]
        case "tokens":
            token = {"id": "abcdefgh", "name": "n", "role": "reader", "digest": "0" * 64, "owner": "", "owner_name": ""}
            times = dict.fromkeys(["created", "expires"], "2026-01-01T00:00:00+00:00")
            return [b"TOKEN", json.dumps({"version": 1, "tokens": [{**token, **times, "revoked": None}]}).encode()]
        case "headers":
            return [b'query=SELECT&format=json\nAccept: text/csv;q=0.5, */*;q=0\nAccept-Encoding: br\nIf-Match: "1"']
        case "requests":
            start = b"POST / HTTP/1.1\r\nHost: x\r\n"
            chunks = b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            return [start + b"Content-Length: 3\r\n\r\nabc", start + chunks]
        case "addresses":
            return [b"http://[::1]:80/x?y", b"https://x.example/ 10.0.0.0/8", b"//[x", b"sparql+http://x"]
        case "row_counts":
            return [b'\x01a\x01"b,\n\x01},{\x01<result>\\', b"\x00\x01[{\x01\\\\"]
    return [b"\x00abc", b"\x01" + "P1DT12H 01 1.50 é".encode(), b"\x0201", b"Q\x00\x00\x00\x03abcE\x00\x00\x00\x00"]


def _documents(by_kind: dict[str, list[bytes]]) -> list[bytes]:
    from graph.store.formats import Kind, formats

    names = {
        "turtle": ".ttl",
        "trig": ".trig",
        "nquads": ".nq",
        "ntriples": ".nt",
        "rdfxml": ".rdf",
        "jsonld": ".jsonld",
    }
    found = []
    for number, item in enumerate(formats(Kind.GRAPH)):
        for text in [b"", *by_kind.get(names.get(item.name, ""), [])[:80]]:
            found += [
                bytes([number]) + text,
                bytes([number + 126 // len(formats(Kind.GRAPH)) * len(formats(Kind.GRAPH))]) + text,
            ]
    return found


def _backup() -> bytes:
    import io
    import tarfile

    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in ("generation/generation.json", "manifest.json"):
            member = tarfile.TarInfo(name)
            member.size = 2
            archive.addfile(member, io.BytesIO(b"{}"))
    return b"\x01" + output.getvalue().rstrip(b"\x00") + bytes(1024)


def run(name: str, seconds: int, corpus: Path | None) -> Result:
    """Fuzz one target in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="pmkg-fuzz-") as folder:
        kept = (corpus or Path(folder)) / name
        kept.mkdir(parents=True, exist_ok=True)
        for number, seed in enumerate(seeds(name)):
            (kept / f"seed-{number}").write_bytes(seed)
        words = Path(folder) / "words"
        words.write_text("".join(f'"{word}"\n' for word in WORDS.split()))
        options = [
            f"-max_total_time={seconds}", f"-max_len={MOST_BYTES * 2}", f"-timeout={UNIT_SECONDS}", f"-dict={words}",
            f"-rss_limit_mb={MEGABYTES}", f"-artifact_prefix={folder}/found-", "-print_final_stats=1",
        ]  # fmt: skip
        began = time.monotonic()
        command = [sys.executable, "-m", "bench.fuzz", "--child", name, str(kept), *options]
        environment = {**os.environ, "TMPDIR": folder, "PYTHONWARNINGS": "ignore"}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
        said = done.stderr.decode("utf-8", "replace") + done.stdout.decode("utf-8", "replace")
        found = tuple(path.read_bytes() for path in sorted(Path(folder).glob("found-*")))
        numbers = {key: [int(value) for value in re.findall(rf"{key}:? +(\d+)", said)] for key in ("cov", "corp")}
        runs = [int(value) for value in re.findall(r"number_of_executed_units: (\d+)", said)]
        runs = runs or [int(value) for value in re.findall(r"^#(\d+)\t", said, re.MULTILINE)] or [0]
        if done.returncode and not found:
            found = (b"",)  # it did not even start
        size = len(list(kept.iterdir()))
        return Result(name, runs[-1], time.monotonic() - began, max(numbers["cov"], default=0), size, found, said)


def child(name: str, arguments: list[str]) -> None:
    """Fuzz one target in this process, until libFuzzer ends it."""
    import atheris

    with atheris.instrument_imports(include=["graph", "web"], enable_loader_override=False):
        from bench import fuzz_targets
    atheris.Setup([sys.argv[0], *arguments], fuzz_targets.TARGETS[name])
    atheris.Fuzz()


def main() -> int:
    """Run the targets one after the other, and print what came of each."""
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3:])
        return 0
    from bench.fuzz_targets import TARGETS

    parser = argparse.ArgumentParser(prog="bench.fuzz", description="Fuzz what parses bytes and texts.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"one of {', '.join(TARGETS)}; all by default")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--corpus", type=Path, help="a folder that keeps what was learnt")
    options = parser.parse_args()
    if unknown := set(options.targets) - TARGETS.keys():
        parser.error(f"no target is called {', '.join(sorted(unknown))}")
    failed = 0
    print(f"{'target':14} {'seconds':>8} {'runs':>10} {'coverage':>9} {'corpus':>7}  findings", flush=True)
    for name in options.targets or TARGETS:
        result = run(name, options.seconds, options.corpus)
        print(
            f"{name:14} {result.seconds:8.0f} {result.runs:10,} {result.coverage:9,} {result.corpus:7,}  "
            f"{len(result.findings)}", flush=True,
        )  # fmt: skip
        if result.findings:
            failed += 1
            tail = [line for line in result.said.splitlines() if not line.startswith(("#", "INFO", "==", "stat::"))]
            print("\n".join(["", *tail[-25:], "", *map(repr, result.findings), ""]), flush=True)
    print(f"{failed} of the targets have findings." if failed else "No findings.")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
