"""`python -m debros.gateway.workers`: what the parent starts. Ctrl-C at a terminal is the parent's business."""

import signal

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # before the second that the rest takes to load
    from debros.gateway.workers.worker import main

    main()
