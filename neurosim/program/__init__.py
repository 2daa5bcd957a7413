"""The step program: the difference equations of a network, in float and in the integers of a chip."""
