"""Which ports are open, tried from somewhere: ports come as JSON on standard input, the open ones go out as JSON."""

OPEN_TO_ALL = {22, 4001, 6001}
OPEN_TO_MEMBERS = {7001}

KNOCK = """
import asyncio, json, sys
async def is_open(host, port):
    try:
        async with asyncio.timeout(2):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True
async def main(host, ports):
    answers = await asyncio.gather(*(is_open(host, port) for port in ports))
    return [port for port, answer in zip(ports, answers) if answer]
print(json.dumps(asyncio.run(main(sys.argv[1], json.load(sys.stdin)))))
"""
