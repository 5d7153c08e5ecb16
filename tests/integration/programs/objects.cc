// Allocates through operator new, the containers and an exception; prints what it computed.
#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

struct alignas(64) Wide {
	char bytes[192];
};

static long fill(int seed)
{
	std::map<int, std::string> names;
	std::vector<std::unique_ptr<Wide>> wide;
	long sum = 0;

	for (int i = 0; i < 1000; i++)
		names[i * seed] = std::string(static_cast<size_t>(i % 60), 'x');
	for (int i = 0; i < 50; i++)
		wide.emplace_back(new Wide());
	try {
		throw std::runtime_error("a message that is long enough to be allocated");
	} catch (const std::exception &error) {
		sum += static_cast<long>(std::string(error.what()).size());
	}
	for (const auto &name : names)
		sum += name.first + static_cast<long>(name.second.size());
	return sum + static_cast<long>(wide.size());
}

int main()
{
	long sums[4];
	std::vector<std::thread> threads;

	for (int i = 0; i < 4; i++)
		threads.emplace_back([&sums, i] { sums[i] = fill(i + 1); });
	for (auto &thread : threads)
		thread.join();
	std::printf("%ld\n", sums[0] + sums[1] + sums[2] + sums[3]);
}
