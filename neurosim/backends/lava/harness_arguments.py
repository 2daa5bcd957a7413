"""Command line of an exported graph. Copied beside every graph."""

import argparse
import re

READING = "population.count, .first, .last, .mean or .max"


def arguments(tag, project):
    """The parsed command line; `project` is the content of the manifest."""
    stored = project.get("stored")
    parser = argparse.ArgumentParser(description=f"Run the Lava graph of the network {project['network']!r}.")
    parser.add_argument("--steps", type=int, help="number of steps of each sample; default: that of the stored samples")
    parser.add_argument(
        "--inputs",
        help=".npz file with samples: images (samples, n), labels, truth (samples,), signals/NAME, or one array "
        "(samples, steps, n) per source; default: " + ("the stored samples" if stored else "none are stored"),
    )
    parser.add_argument("--samples", type=int, metavar="N", help="use only the first N samples")
    parser.add_argument(
        "--signal", action="append", default=[], metavar="NAME=VALUE", help="constant third factor of a rule; may be repeated"
    )
    parser.add_argument(
        "--out", default="results.npz", help=".npz file for results: spikes/<population>, state/<population>.<var>, ..."
    )
    parser.add_argument("--readout", help=f"{READING}; default: {project.get('readout') or 'none'}")
    parser.add_argument("--tag", choices=["fixed_pt", "floating_pt"], default=tag, help="number system of Lava's models")
    parser.add_argument("--probe", nargs="*", default=[], metavar="POPULATION.VAR", help="states to record, e.g. hidden.v")
    parser.add_argument(
        "--watch", nargs="*", default=[], metavar="PROJECTION.VAR:N", help="learned Vars to record every N steps"
    )
    parser.add_argument("--scratch", help="folder for recordings during the run; default: the folder of --out")
    parser.add_argument("--hw", action="store_true", help="run on a Loihi 2 board (needs Lava's hardware extension)")
    parser.add_argument("--dry-run", action="store_true", help="only show which model of each process would run")
    parser.add_argument("--hw-tag", help="with --hw: take only models with this tag, such as ucoded or hard_coded")
    parser.add_argument("--accept-changes", action="store_true", help="run although files were changed since the export")
    args = parser.parse_args()
    check(parser, args, tag)
    return args


def check(parser, args, tag):
    """End the program if options do not fit each other."""
    if args.tag != tag:
        parser.error(f"--tag {args.tag}: the parameters of this graph are for {tag}; export the program for {args.tag}.")
    for name in ("steps", "samples"):
        value = getattr(args, name)
        if value is not None and value < 1:
            parser.error(f"--{name} {value}: expected a number of at least 1.")
    for text in args.watch:
        if not re.fullmatch(r".+\.[^.:]+:[0-9]+", text):
            parser.error(f"--watch {text}: expected PROJECTION.VAR:N with a whole number N.")
    if args.hw and (args.probe or args.watch):
        parser.error("--probe, --watch: on a board, states are read by probes of Lava's hardware extension; leave them out.")
    if args.hw_tag and not args.hw:
        parser.error("--hw-tag: it selects models for a board; give --hw, too.")
