"""The language of steps: what a neuron does in one step, as text over states of declared kinds.

`neurosim.step_language.declaration` describes it. Every execution is generated from the typed statements of
`neurosim.step_language.typed`.
"""
