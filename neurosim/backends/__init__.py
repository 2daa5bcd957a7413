"""The executions of a network (Brian2, the emulator and Lava), and the deployment to a chip that gives access to them."""
