/* Quick, heap and merge sort of 4096 integers each, `n` times. */
#include "bench.h"

enum { N = 4096 };
static int32_t items[N], spare[N];

static void quick_sort(int32_t *a, int low, int high) {
    while (high - low > 12) {
        int32_t pivot = a[(low + high) / 2];
        int i = low, j = high;
        while (i <= j) {
            while (a[i] < pivot) i++;
            while (a[j] > pivot) j--;
            if (i <= j) {
                int32_t kept = a[i];
                a[i++] = a[j];
                a[j--] = kept;
            }
        }
        if (j - low < high - i) {
            quick_sort(a, low, j);
            low = i;
        } else {
            quick_sort(a, i, high);
            high = j;
        }
    }
    for (int i = low + 1; i <= high; i++) {
        int32_t x = a[i];
        int j = i;
        for (; j > low && a[j - 1] > x; j--) a[j] = a[j - 1];
        a[j] = x;
    }
}

static void sift_down(int32_t *a, int root, int count) {
    int32_t x = a[root];
    for (;;) {
        int child = 2 * root + 1;
        if (child >= count) break;
        if (child + 1 < count && a[child + 1] > a[child]) child++;
        if (a[child] <= x) break;
        a[root] = a[child];
        root = child;
    }
    a[root] = x;
}

static void heap_sort(int32_t *a, int count) {
    for (int i = count / 2 - 1; i >= 0; i--) sift_down(a, i, count);
    for (int last = count - 1; last > 0; last--) {
        int32_t kept = a[0];
        a[0] = a[last];
        a[last] = kept;
        sift_down(a, 0, last);
    }
}

static void merge_sort(int32_t *a, int32_t *other, int count) {
    for (int width = 1; width < count; width *= 2) {
        for (int start = 0; start < count; start += 2 * width) {
            int middle = start + width < count ? start + width : count;
            int end = start + 2 * width < count ? start + 2 * width : count;
            int i = start, j = middle;
            for (int k = start; k < end; k++)
                other[k] = i < middle && (j >= end || a[i] <= a[j]) ? a[i++] : a[j++];
        }
        for (int k = 0; k < count; k++) a[k] = other[k];
    }
}

static uint64_t shuffle_and(int which, uint32_t seed) {
    for (int i = 0; i < N; i++) items[i] = (int32_t)next_random(&seed) >> 4;
    if (which == 0) quick_sort(items, 0, N - 1);
    else if (which == 1) heap_sort(items, N);
    else merge_sort(items, spare, N);
    uint64_t h = 0;
    for (int i = 1; i < N; i++) h = fold(h, (uint64_t)(items[i] >= items[i - 1]) + (uint64_t)items[i]);
    return h;
}

int64_t run(int32_t n) {
    uint64_t h = 0;
    for (int32_t round = 0; round < n; round++)
        for (int which = 0; which < 3; which++) h = fold(h, shuffle_and(which, 1000 + (uint32_t)round));
    return (int64_t)h;
}
