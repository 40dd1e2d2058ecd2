#pragma once

#include <vector>

/// Given: hits the packet, in the process that calls it. Returns the new packet, a number greater
/// by one.
int hit(int packet);

/// Yours: sends a packet back and forth between this process and a second one. In each round this
/// process hits the packet and sends it, the second process hits it and sends it back. The first
/// packet is 0, and each round continues with the packet of the one before. Returns how many
/// seconds each round took.
///
/// Throws std::invalid_argument if the number of rounds is negative.
std::vector<double> ping_pong(int rounds);
