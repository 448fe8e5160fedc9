// The C++ library without exceptions: containers, strings, files, virtual calls, destructors at the end.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <random>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

struct Shape {
    virtual ~Shape() { std::printf("gone %s\n", name()); }
    virtual double area() const = 0;
    virtual const char *name() const { return "shape"; }
};

struct Square final : Shape {
    explicit Square(double side) : side(side) {}
    double area() const override { return side * side; }
    double side;
};

static struct Global {
    Global() { std::puts("before main"); }
    ~Global() { std::puts("after main"); }
} global;

int main(int argc, char **argv) {
    std::vector<std::unique_ptr<Shape>> shapes;
    shapes.push_back(std::make_unique<Square>(1.5));
    std::printf("%d %s %g\n", argc, argv[1], shapes[0]->area());
    std::map<std::string, int> counts;
    for (char word[80]; std::scanf("%79s", word) == 1;) counts[word]++;
    for (const auto &[word, count] : counts) std::printf("%s=%d ", word.c_str(), count);
    std::puts("");
    std::mt19937 random(42);
    std::vector<unsigned> numbers(100000);
    std::generate(numbers.begin(), numbers.end(), std::ref(random));
    std::sort(numbers.begin(), numbers.end());
    std::printf("%u %u %llu\n", numbers.front(), numbers.back(), std::accumulate(numbers.begin(), numbers.end(), 0ull));
    std::unordered_map<int, std::string> names;
    for (int i = 0; i < 1000; i++) names[i * i] = std::to_string(i);
    std::printf("%s %zu\n", names.at(998001).c_str(), names.count(2));
    std::variant<int, std::string> either = "text";
    std::printf("%zu %s\n", either.index(), std::get<std::string>(either).c_str());
    if (auto close = std::unique_ptr<FILE, int (*)(FILE *)>(std::fopen("/work/out.txt", "w"), std::fclose))
        std::fprintf(close.get(), "line one\nline two %x\n", 255);
    char line[80];
    if (auto close = std::unique_ptr<FILE, int (*)(FILE *)>(std::fopen("/work/out.txt", "r"), std::fclose))
        while (std::fgets(line, sizeof line, close.get())) std::printf("[%s]\n", std::string(line, std::strlen(line) - 1).c_str());
    std::printf("%d %d\n", std::fopen("/work/none", "r") == nullptr, std::optional<int>().value_or(7));
    return 9;
}
