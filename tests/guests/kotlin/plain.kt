// The program without its exceptions, for the build in which they are traps.

fun main() {
    shapes()
    collections()
    lambdas()
    arithmetic()
    garbage()
}
