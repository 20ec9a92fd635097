"""Serves a GGUF file by llama.cpp's own server, until its standard input is closed.

    python serve.py MODEL.gguf [PORT]

Needs the package `xllamacpp`. Takes any free port where none is named. Prints `serving http://127.0.0.1:PORT` once it answers. Keys and values stay in 32 bits, and so
does attention (flash attention computes in 16), so that little but the order of additions tells its numbers from those of another
implementation.
"""

import os
import sys

import xllamacpp


def main():
    params = xllamacpp.CommonParams()
    params.model.path = sys.argv[1]
    params.port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    params.n_parallel = 2
    params.n_ctx = 2 * 2048
    # More threads would wait for each other busily, and take long where other work has the processor.
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.cache_type_k = xllamacpp.ggml_type.GGML_TYPE_F32
    params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    server = xllamacpp.Server(params)
    print("serving", server.listening_address, flush=True)
    # Whoever started this holds the other end, so it ends with them however they end.
    sys.stdin.read()
    os._exit(0)


main()
