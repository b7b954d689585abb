"""Where shots change: the compressed stream first, pictures only where it leaves a doubt."""
