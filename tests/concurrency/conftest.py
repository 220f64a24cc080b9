from tests.serving import installed

__all__ = ["installed"]
