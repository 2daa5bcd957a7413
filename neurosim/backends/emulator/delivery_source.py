"""What spikes send along synapses, as the text of kernels: sums of weights, and their arrival at the post neurons.

NUM, W and SENT stand for types, as in `neurosim.backends.emulator.loop_source`.
"""

from __future__ import annotations

from collections.abc import Mapping

ACTIVE = """
def active(fired: P[u8], n: i64, index: P[i64]) -> i64:
    count = 0
    for w in range(0, n, 8):
        if words(fired + w) != 0:
            for i in range(w, w + 8):
                index[count] = i
                count += i64(fired[i] != 0)
    return count
"""
"""The numbers of the neurons that spiked; lanes are a multiple of eight."""
DELIVERY = """
def add_dense(weight: P[W], n: i64, index: P[i64], count: i64, sums: P[NUM]):
    q = 0
    while q + 4 <= count:
        w0 = weight + index[q] * n
        w1 = weight + index[q + 1] * n
        w2 = weight + index[q + 2] * n
        w3 = weight + index[q + 3] * n
        for i in range(n):
            sums[i] = (((sums[i] + w0[i]) + w1[i]) + w2[i]) + w3[i]
        q += 4
    for r in range(q, count):
        w4 = weight + index[r] * n
        for i in range(n):
            sums[i] = sums[i] + w4[i]

def fetch_ahead(weight: P[W], column: P[i32], row: P[i64], index: P[i64], q: i64, count: i64):
    ahead = index[min(q + AHEAD, count - 1)]
    for s in range(row[ahead], row[ahead + 1], COLUMNS):
        fetch(column + s)
    for s in range(row[ahead], row[ahead + 1], WEIGHTS):
        fetch(weight + s)

def add_sparse(weight: P[W], column: P[i32], row: P[i64], index: P[i64], count: i64, sums: P[NUM]):
    for q in range(count):
        fetch_ahead(weight, column, row, index, q, count)
        for s in range(row[index[q]], row[index[q] + 1]):
            sums[column[s]] += weight[s]

def add_graded_dense(weight: P[W], n: i64, index: P[i64], count: i64, sent: P[SENT], sums: P[NUM]):
    for q in range(count):
        value = sent[index[q]]
        w = weight + index[q] * n
        for i in range(n):
            sums[i] += w[i] * value

def add_graded_sparse(weight: P[W], column: P[i32], row: P[i64], index: P[i64], count: i64, sent: P[SENT], sums: P[NUM]):
    for q in range(count):
        value = sent[index[q]]
        fetch_ahead(weight, column, row, index, q, count)
        for s in range(row[index[q]], row[index[q] + 1]):
            sums[column[s]] += weight[s] * value

def add_released_dense(weight: P[W], n: i64, index: P[i64], count: i64, amount: P[f64], sums: P[NUM]):
    for q in range(count):
        value = AMOUNT_TYPE(amount[index[q]])
        w = weight + index[q] * n
        for i in range(n):
            sums[i] += w[i] * value

def add_released_sparse(weight: P[W], column: P[i32], row: P[i64], index: P[i64], count: i64, amount: P[f64], sums: P[NUM]):
    for q in range(count):
        value = AMOUNT_TYPE(amount[index[q]])
        for s in range(row[index[q]], row[index[q] + 1]):
            sums[column[s]] += weight[s] * value

def add_transposed(weight: P[W], n_post: i64, n: i64, sent: P[i32], sums: P[NUM]):
    for i in range(n_post):
        for j in range(n):
            sums[i] += weight[i * n + j] * sent[j]

def sum_transposed(weight: P[W], n_post: i64, n: i64, index: P[i64], count: i64, sums: P[NUM]):
    for i in range(n_post):
        for q in range(count):
            sums[i] += weight[i * n + index[q]]

def mark(sent: P[SENT], n: i64, fired: P[u8]):
    for i in range(n):
        fired[i] = u8(sent[i] != 0)

def clear(sums: P[NUM], n: i64):
    for i in range(n):
        sums[i] = ZERO

def reached(row: P[i64], index: P[i64], count: i64) -> i64:
    synapses = 0
    for q in range(count):
        synapses += row[index[q] + 1] - row[index[q]]
    return synapses
"""
NUMBERS: Mapping[bool, str] = {
    False: """
def deliver(sums: P[f64], n: i64, gain: f64, arriving: P[f64]):
    for i in range(n):
        arriving[i] += sums[i]
        sums[i] = 0.0

def deliver_few(sums: P[f64], column: P[i32], row: P[i64], index: P[i64], count: i64, gain: f64, arriving: P[f64]):
    for q in range(count):
        for s in range(row[index[q]], row[index[q] + 1]):
            arriving[column[s]] += sums[column[s]]
            sums[column[s]] = 0.0

def decay(x: P[f64], kept: P[f64], n: i64):
    for i in range(n):
        x[i] = x[i] * kept[i]

def supply(factor: P[f64], n: i64, scale: f64, low: f64, out: P[f64]):
    for i in range(n):
        out[i] = scale * factor[i]

def release(deficit: P[f64], excess: P[f64], base: f64, jump: f64, index: P[i64], count: i64, amount: P[f64]):
    for q in range(count):
        i = index[q]
        u = base + excess[i]
        released = u * (1.0 - deficit[i])
        amount[i] = released
        excess[i] += jump * (1.0 - u)
        deficit[i] += released
""",
    True: """
def deliver(sums: P[i32], n: i64, gain: f64, arriving: P[i32]):
    if gain < 1.0:
        for i in range(n):
            arriving[i] += i32(floor(f64(sums[i]) * gain))
            sums[i] = 0
    else:
        times = i32(i64(gain))
        for i in range(n):
            arriving[i] += sums[i] * times
            sums[i] = 0

def deliver_few(sums: P[i32], column: P[i32], row: P[i64], index: P[i64], count: i64, gain: f64, arriving: P[i32]):
    times = i32(i64(gain))
    for q in range(count):
        for s in range(row[index[q]], row[index[q] + 1]):
            j = column[s]
            arriving[j] += i32(floor(f64(sums[j]) * gain)) if gain < 1.0 else sums[j] * times
            sums[j] = 0

def decay(x: P[f64], kept: P[f64], n: i64):
    for i in range(n):
        x[i] = trunc(x[i] * kept[i])

def supply(factor: P[f64], n: i64, scale: f64, low: f64, out: P[i32]):
    for i in range(n):
        out[i] = i32(min(max(rint(scale * factor[i]), low), 127.0))

def release(deficit: P[f64], excess: P[f64], base: f64, jump: f64, index: P[i64], count: i64, amount: P[f64]):
    for q in range(count):
        i = index[q]
        u = base + excess[i]
        released = floor(u * (UNIT - deficit[i]) / UNIT)
        amount[i] = min(floor(released / PAYLOAD_UNIT), 255.0)
        excess[i] += floor(jump * (UNIT - u) / UNIT)
        deficit[i] += released
""",
}
"""What differs between float and the integers of a chip."""
WIDE = """
def add_wide_dense(weight: P[W], n: i64, index: P[i64], count: i64, sent: P[SENT], wide: i64, exact: P[i64], counts: P[i64]):
    for q in range(count):
        value = i64(sent[index[q]])
        w = weight + index[q] * n
        for i in range(n):
            product = i64(w[i]) * value
            short = i64(i32(product)) if wide == 2 else product
            counts[SUM_OVERFLOWS] += i64(short != product)
            exact[i] += short

def add_wide_sparse(weight: P[W], column: P[i32], row: P[i64], index: P[i64], count: i64, sent: P[SENT], wide: i64,
                    exact: P[i64], counts: P[i64]):
    for q in range(count):
        value = i64(sent[index[q]])
        for s in range(row[index[q]], row[index[q] + 1]):
            product = i64(weight[s]) * value
            short = i64(i32(product)) if wide == 2 else product
            counts[SUM_OVERFLOWS] += i64(short != product)
            exact[column[s]] += short

def deliver_wide(wide: i64, exact: P[i64], n: i64, gain: f64, arriving: P[i32], counts: P[i64]):
    for i in range(n):
        held = exact[i] if wide == 2 else i64(i32(exact[i]))
        shifted = i64(floor(f64(held) * gain)) if gain < 1.0 else held * i64(gain)
        now = i64(arriving[i]) + shifted
        arriving[i] = i32(now)
        counts[SUM_OVERFLOWS] += i64(held != exact[i] or i64(i32(now)) != now)

def widen(sums: P[i32], n: i64, exact: P[i64]):
    for i in range(n):
        exact[i] = i64(sums[i])

def clear_wide(exact: P[i64], n: i64):
    for i in range(n):
        exact[i] = 0

def send_wide(job: P[i64], b: P[i64], wide: i64, gain: f64, feed: P[SENT], payload: P[i32], slot: P[i32], index: P[i64],
              count: i64, exact: P[i64], counts: P[i64]):
    weight = as_W(job[WEIGHT]) + b[FIRST_WEIGHT]
    column = as_i32(job[COLUMN]) + b[FIRST_WEIGHT]
    row = as_i64(job[ROW]) + max(b[FIRST_ROW], 0)
    n = b[POST_SIZE]
    clear_wide(exact, n)
    if b[GRADED] != 0:
        if b[FIRST_ROW] < 0:
            add_wide_dense_own(weight, n, index, count, payload + b[PRE], wide, exact, counts)
        else:
            add_wide_sparse_own(weight, column, row, index, count, payload + b[PRE], wide, exact, counts)
    elif b[FIRST_ROW] < 0:
        add_wide_dense(weight, n, index, count, feed + b[FIRST_CHANNEL], wide, exact, counts)
    else:
        add_wide_sparse(weight, column, row, index, count, feed + b[FIRST_CHANNEL], wide, exact, counts)
    deliver_wide(wide, exact, n, gain, slot, counts)
"""
"""The same where a sum may exceed 32 bits: it has 64, and what Lava's integers do not hold is counted. Products wrap at 32 bits
where `wide` is 2."""
