// Divides by zero, some calls down: one of them is inlined, and the names of the others are mangled.

namespace stats {

[[gnu::always_inline]] inline int divide(int sum, int count) {
    return sum / count;
}

struct Series {
    const int *values;
    int count;

    [[gnu::noinline]] int mean(int skipped) const;
};

int Series::mean(int skipped) const {
    int sum = 0;
    for (int i = skipped; i < count; i++) {
        sum += values[i];
    }
    return divide(sum, count - skipped);
}

} // namespace stats

static const int VALUES[] = {2, 4, 6};

extern "C" [[clang::export_name("mean")]] int mean_of_values(int skipped) {
    stats::Series series{VALUES, 3};
    return series.mean(skipped) + 1;
}
