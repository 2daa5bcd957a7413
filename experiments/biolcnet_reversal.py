"""Does a network that was conditioned to one response learn another when the reward is turned around?

Conditioning as in Ghaemi et al. (2021), arXiv:2109.05539: the features of `models/biolcnet.py` have learnt the digits of
scikit-learn without labels and are fixed; two groups of neurons choose. Images of zeros and ones are shown in random order,
one a trial, and the group that chose, and no other, receives the reward. After 200 trials what is rewarded is turned around,
for 400 trials.

In the task "response" the reward is for the response 1, whatever the image, and later for the response 0 (the authors' script
rewards class 1 for 200 trials and class 0 for 400). In the task "image" it is for the class of the image, and later for the
other class.

With ``reward = "plain"`` the third factor is 1 or -1; with ``"error"`` it is that minus its mean over about ten trials, so that
a response that is always rewarded is not strengthened for ever. Settings are those of `experiments/biolcnet.py`, except for the
ten trials, which are the paper's. Test images are not used.

What to see: the plain reward goes on to strengthen what is right already, so that more has to be unlearnt after the reversal.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.figure import Figure

from neurosim.analysis.plots import COLOURS
from neurosim.data import load_dataset
from neurosim.models import load_model
from neurosim.program.lower import lower
from neurosim.rng import stream
from neurosim.study import Grid, Measure, Size, Study
from neurosim.study.figures import curve
from neurosim.train.desire.loop import intensities
from neurosim.train.rewarded import Chooser, learn_features, plain_reward, regular_spikes, reward_error

STEPS, RATE, FEATURES = 100, 0.3, 2000
"""Steps of an image, spikes per step of a white pixel, and images that the features see."""
REVERSAL, END, BLOCK = 200, 600, 25
BLOCKS, MEMORY = END // BLOCK, 0.1
REWARDS = {"error": reward_error, "plain": plain_reward}
LABELS = {"error": "reward error", "plain": "plain reward"}
RIGHT = {
    "response": lambda label, reversed_: 0 if reversed_ else 1,
    "image": lambda label, reversed_: 1 - label if reversed_ else label,
}


def spikes_of(image, rng):
    return regular_spikes(image, STEPS, RATE, rng)


@cache
def with_features(seed):
    """The lowered network with features that have learnt, and images of zeros and ones with their labels."""
    digits = load_dataset("digits")
    images, rng = intensities(digits.train_images, digits), stream(seed, "features")
    program = lower(load_model("biolcnet", classes=2, seed=seed))
    shown = (spikes_of(images[k], rng) for k in rng.integers(len(images), size=FEATURES))
    features = learn_features(program, "image_features", shown, rng)
    two = digits.train_labels < 2
    return features.fixed_in(program, "image_features"), images[two], digits.train_labels[two]


@cache
def history(seed, task, reward):
    """Whether each choice was right; one session serves all blocks."""
    program, images, labels = with_features(seed)
    rng = stream(seed, "conditioning")
    chooser = Chooser(program, "features_classes", 2, REWARDS[reward], stream(seed, "ties"), memory=MEMORY)
    right = np.zeros(END, bool)
    for k, shown in enumerate(rng.integers(len(images), size=END)):
        wanted = RIGHT[task](labels[shown], k >= REVERSAL)
        right[k] = chooser.learn("image", spikes_of(images[shown], rng), lambda choice, wanted=wanted: choice == wanted)
    return right


def trial(t):
    t.dataset("digits")
    first = t.parameters["block"] * BLOCK
    return {"correct": 100 * history(t.seed, t.parameters["task"], t.parameters["reward"])[first : first + BLOCK].mean()}


def figure(table):
    drawn = Figure(figsize=(8, 3.6), layout="constrained")
    for ax, ((task,), found) in zip(np.ravel(drawn.subplots(1, 2, sharey=True)), table.by("task"), strict=False):
        for ((reward,), rows), colour in zip(found.by("reward"), COLOURS, strict=False):
            curve(ax, rows, "block", "correct", LABELS[reward], colour)
        ax.axvline(REVERSAL / BLOCK - 0.5, ls="--", lw=0.8, color="0.4")
        blocks = np.arange(0, BLOCKS + 1, 4)
        ax.set_xticks(blocks - 0.5, blocks * BLOCK)
        ax.set_title(f'task "{task}"', fontsize=11)
        ax.set_xlabel("trial (dashed: the reward is turned around)", fontsize=10)
        ax.set_ylabel("rewarded choices (%)", fontsize=10)
    ax.legend(frameon=False, fontsize=9, loc="lower right")
    return drawn


def means(table, blocks):
    """Correct choices (%) of each seed, over some blocks."""
    seeds = dict.fromkeys(table.column("seed"))
    return np.array([[table.where(seed=seed, block=b).values("correct")[0] for b in blocks] for seed in seeds]).mean(axis=1)


def phases(rows):
    """Correct choices (%) of each seed: the last four blocks before the reversal, the first two after it, and the last four."""
    turned = REVERSAL // BLOCK
    return [means(rows, blocks) for blocks in (range(turned - 4, turned), range(turned, turned + 2), range(BLOCKS - 4, BLOCKS))]


def answer(table):
    parts = []
    for (task, reward), rows in table.by("task", "reward"):
        before, first, end = (found.mean() for found in phases(rows))
        parts.append(f'{before:.0f}, {first:.0f} and {end:.0f} % with "{task}" and {LABELS[reward]}')
    return (
        "Rewarded choices in the 100 trials before the reversal, the 50 after it and the last 100: " + "; ".join(parts) + "."
    )


def check(table):
    for (task,), found in table.by("task"):
        error, plain = (phases(found.where(reward=reward)) for reward in REWARDS)
        for before, _, end in (error, plain):
            if not min(before.min(), end.min()) >= 90:
                raise ValueError(f"{task}: before the reversal {before.round(1)} %, at the end {end.round(1)} %; expected 90.")
        if not error[1].mean() > plain[1].mean():
            raise ValueError(f"{task}: after the reversal {error[1].round(1)} % by error, {plain[1].round(1)} % by plain.")


STUDY = Study(
    name="biolcnet_reversal",
    question="Does a network that was conditioned to one response learn another when the reward is turned around?",
    trial=trial,
    parameters=Grid({"task": list(RIGHT), "reward": list(REWARDS), "block": list(range(BLOCKS))}),
    seeds=5,
    measures={"correct": Measure("%", f"rewarded choices in a block of {BLOCK} trials")},
    figure=figure,
    answer=answer,
    expected="At least 90 % over 100 trials before the reversal and at the end, for every seed; sooner with the error.",
    check=check,
    ci=Size(seeds=1),
)
