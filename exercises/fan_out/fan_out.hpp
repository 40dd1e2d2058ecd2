#pragma once

/// Given: does the work of a node of the tree, in the process that calls it. Returns a number from
/// 0 to 9.
int work(int node);

/// Yours: starts a tree of processes and returns the sum of what work() returns in all of them. The
/// calling process is its root, node 0, which does not call work(). Above the lowest level, `depth`
/// levels below the root, every node starts `width` child processes; those of node n have the
/// numbers n * width + 1 … n * width + width. All of them work at the same time.
///
/// The sum must be less than 256. Throws std::invalid_argument if the width is less than 1 or the
/// depth is negative.
int fan_out(int width, int depth);
