"""Train the listening model: `python -m tools.train_mouth`.

It needs the packages in `requirements.txt` beside this file, in an environment of their own, and Debian's `flite`,
`festival`, `festlex-cmu`, `festvox-kallpc16k`, `festvox-kdlpc16k`, `festival-czech`, `festvox-czech-machac`,
`festvox-czech-ph`, `festvox-suopuhe-mv` and `festvox-ca-ona-hts`. On one core the voices speak for twenty minutes, and
the network learns for thirty. Seed, versions and processor settle the weights.
"""

import argparse
from pathlib import Path

import numpy as np

from tools.train_mouth.corpus import learn
from tools.train_mouth.train import CYCLES, train
from tools.train_mouth.voices import VOICES

_ASSET = Path("src/bithuman/engine/assets/mouth.npz")


def main() -> None:
    """Let the voices speak, train, and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cycles", type=int, nargs="*", default=CYCLES, help="steps of each cycle of training")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--corpus", type=Path, default=Path("out/train_mouth"), help="where what was said is kept")
    parser.add_argument("--out", type=Path, default=_ASSET)
    options = parser.parse_args()
    corpus = {voice: learn(voice, options.corpus, options.seed) for voice in VOICES}
    network = train(corpus, options.seed, options.cycles)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(options.out, allow_pickle=False, **network.export())
    print(f"{options.out}: {options.out.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
