"""What errors of something outside mean to a person; it needs next to no memory itself."""

from __future__ import annotations

ENGINE_ENDED = "EngineEnded"
# What libraries say when something outside of them is at fault, and what that means to a person.
MEANINGS = (
    (
        ("No space left on device", "os error 28"),
        "a disk is full. Free some space where the lake ({lake}) and the runs are, and on a "
        "cluster where its executors keep what is temporary (spark.local.dir, TMPDIR).",
    ),
    (
        ("DeadKernelError", "the process that forks kernels has ended"),
        "the notebook's process was killed. If memory ran out, the system's log says so (dmesg).",
    ),
    (
        ("BrokenProcessPool",),
        "a process that read the dump was killed. If memory ran out, the system's log says so "
        "(dmesg).",
    ),
    (
        # The notebook could not even say what its error was.
        (
            "CellExecutionError",
            "waiting for IOPub",
            "the kernel did not start",
            "Too many open files",
            "MemoryError",
            "Cannot allocate memory",
            "can't start new thread",
            "failed to map segment",
            "Resource temporarily unavailable",
        ),
        "this machine gives the run too little: memory, open files, or processes. "
        "`ulimit -a` shows the limits; raise them, or run where there is more.",
    ),
    (
        ("CANNOT_OPEN_SOCKET",),
        "another process of this machine came to the port where Spark's answer waited: somebody "
        "knocks at ports. They got nothing. Run it again, or with --engine sail, which has none.",
    ),
    (
        (
            ENGINE_ENDED,
            "StatusCode.UNAVAILABLE",
            "Py4JNetworkError",
            "Py4JError: An error occurred while calling",  # and it came to no answer
        ),
        "the engine has ended while it was at work. If the machine's memory ran out, the system's "
        "log says so (dmesg); if it was Spark's own, give it more: --conf spark.driver.memory=4g.",
    ),
)


def meaning(said: str, lake: str) -> str:
    """What an error of something outside means to a person; empty where that is not known."""
    meant = (means for signs, means in MEANINGS if any(sign in said for sign in signs))
    return next(meant, "").replace("{lake}", lake)
