#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 60 };

struct node { struct node *left, *right; int key; };

static struct node *insert(struct node *tree, int key) {
    if (!tree) {
        tree = calloc(1, sizeof *tree);
        tree->key = key;
    } else if (key < tree->key) {
        tree->left = insert(tree->left, key);
    } else if (key > tree->key) {
        tree->right = insert(tree->right, key);
    }
    return tree;
}

static int depth(const struct node *tree) {
    if (!tree) return 0;
    int left = depth(tree->left), right = depth(tree->right);
    return 1 + (left > right ? left : right);
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

int main(int argc, char **argv) {
    struct node *tree = NULL;
    unsigned seed = 12345;
    for (int i = 0; i < 5000; i++) {
        seed = seed * 1103515245u + 12345u;
        tree = insert(tree, (int)(seed >> 8) % 100000);
    }
    printf("depth %d\n", depth(tree));
    static double a[N][N], b[N][N], c[N][N];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) a[i][j] = sin(i + j), b[i][j] = 1.0 / (1 + i + j);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            for (int k = 0; k < N; k++) c[i][j] += a[i][k] * b[k][j];
    double trace = 0;
    for (int i = 0; i < N; i++) trace += c[i][i];
    printf("trace %.12g, %a\n", trace, trace);
    qsort(argv + 1, argc - 1, sizeof *argv, by_text);
    for (int i = 1; i < argc; i++) printf("[%s]", argv[i]);
    char line[80];
    while (fgets(line, sizeof line, stdin)) printf("\nread %zu: %s", strlen(line), line);
    printf("%s\n", getenv("COLOUR") ? getenv("COLOUR") : "none");
    return argc;
}
