"""A server that speaks OpenAI's chat protocol and answers from STRING's links: no language model.

It shows how anything behind such an endpoint takes part. Asked for a probability, it gives more the
more partners the two genes of the prompt share.
"""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from perturb_evals.datasets.genes.graphs import load_graph

PAIR = re.compile(r"^Knocked-down gene: (\S+)\nReadout gene: (\S+)$", re.MULTILINE)


@contextmanager
def string_server(graph_name: str = "string") -> Iterator[str]:
    """Run the server in a thread; give its address."""
    graph = load_graph(graph_name)
    place = {name: row for row, name in enumerate(graph.symbols)}
    profiles = graph.profiles

    def percent(pert: str, gene: str) -> float:
        if pert not in place or gene not in place:
            return 20.0
        one, other = (profiles[[place[name]]] for name in (pert, gene))
        return float(np.round(20 + 75 * float((one @ other.T).sum()), 1))

    async def answer(request: Request) -> JSONResponse:
        body = await request.json()
        found = PAIR.search(body["messages"][-1]["content"])
        if found is None:
            return JSONResponse({"error": {"message": "no pair of genes in the prompt"}}, 400)
        pert, gene = found.groups()
        text = f"By the partners that {pert} and {gene} share.\nANSWER: {percent(pert, gene)}"
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": text},
            "finish_reason": "stop",
        }
        usage = {"prompt_tokens": 250, "completion_tokens": 20, "total_tokens": 270}
        about = {"id": "1", "object": "chat.completion", "created": 0, "model": body["model"]}
        return JSONResponse({**about, "choices": [choice], "usage": usage})

    listening = socket.create_server(("127.0.0.1", 0))
    app = Starlette(routes=[Route("/v1/chat/completions", answer, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
