"""Small helps for asyncio."""

import asyncio


async def first(*work):
    """Run all until the first ends, cancel the others, and let the first say how it ended."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()


async def wait(event, seconds):
    """Wait for an event, but not longer; whether it came."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except asyncio.TimeoutError:
        return False
    return True


async def copy(reader, writer):
    """Pass on all bytes until the end."""
    while True:
        data = await reader.read(65536)
        if not data:
            return
        writer.write(data)
        await writer.drain()
