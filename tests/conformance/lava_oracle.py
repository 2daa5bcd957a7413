"""Answers questions about Lava's learning rules, in a process that has Lava: one pickled question in, one pickled answer out.

Run as ``python lava_oracle.py FOLDER``, where the folder holds ``compat.py``. A question is the name of a function below and
its arguments; an answer is what it returns, or the name of the exception that it raises and its text.
"""

import pickle
import sys

import numpy as np


def parsed(strings, options):
    """What Lava's parser makes of rule strings: key -> (gate, mantissa, exponent, factors) per product; and the decimation."""
    rule = _rule(strings, options)
    products = {key: [_product(p) for p in series.products] for key, series in rule.active_product_series.items()}
    return products, rule.decimate_exponent


def applied(strings, options, key, arguments):
    """What Lava's integers add for the products of `key`; None where the rule has none."""
    from lava.magma.core.learning.learning_rule_applier import LearningRuleApplierBitApprox

    series = _rule(strings, options).active_product_series
    if key not in series:
        return None
    return LearningRuleApplierBitApprox(series[key]).apply(np.zeros(arguments["shape"], np.int64), **arguments)


def _rule(strings, options):
    from lava.magma.core.learning.learning_rule import Loihi2FLearningRule

    return Loihi2FLearningRule(**strings, rng_seed=1, **options)


def _product(product):
    factors = [(f.state_var, f.const or 0) for f in product.factors]
    return product.dependency, product.s_mantissa, product.s_exp - 7, factors


def _answer(question, arguments):
    try:
        return "", {"parsed": parsed, "applied": applied}[question](*arguments)
    except Exception as error:
        return type(error).__name__, str(error)


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    import compat  # noqa: F401  # before lava

    answers, sys.stdout = sys.stdout.buffer, sys.stderr
    while True:
        try:
            asked = pickle.load(sys.stdin.buffer)
        except EOFError:
            break
        pickle.dump(_answer(*asked), answers)
        answers.flush()
