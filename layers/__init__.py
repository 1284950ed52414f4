"""What the bureau keeps: declarations and pure rules. Standard library only, no I/O."""
