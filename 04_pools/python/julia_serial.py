import cmath


def finite_iterations(z, c, iterations):
    for count in range(iterations):
        try:
            z = z * z + c
        except OverflowError:
            return count
        if not cmath.isfinite(z):
            return count
    return iterations


if __name__ == "__main__":
    cells, c = 40, -0.8 - 0.22j
    grid = [complex(-2 + 2 * x / cells, -2 + 2 * y / cells) for y in range(2 * cells) for x in range(2 * cells)]
    counts = [finite_iterations(z, c, 80) for z in grid]
    print(f"{len(counts)} points, from {min(counts)} to {max(counts)} iterations")

# Prints:
#   6400 points, from … to … iterations
