"""The executions of a network: Brian2, the emulator and Lava; and the deployment that offers them."""
