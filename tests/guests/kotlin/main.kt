// A small world in Kotlin: shapes, a stock list, a text index, an expression evaluator. It prints a page.

// ---- Classes, interfaces, generics ----------------------------------------------------------------------

interface Shape : Comparable<Shape> {
    val name: String
    fun area(): Double
    override fun compareTo(other: Shape): Int = area().compareTo(other.area())
}

data class Circle(val radius: Double) : Shape {
    override val name get() = "circle"
    override fun area() = 3.0 * radius * radius
}

data class Rectangle(val width: Double, val height: Double) : Shape {
    override val name get() = if (width == height) "square" else "rectangle"
    override fun area() = width * height
}

object Nothingness : Shape {
    override val name get() = "nothing"
    override fun area() = 0.0
}

sealed class Tree<out T : Any> {
    object Leaf : Tree<Nothing>()
    class Node<T : Any>(val left: Tree<T>, val value: T, val right: Tree<T>) : Tree<T>()
}

fun <T : Comparable<T>> Tree<T>.insert(value: T): Tree<T> = when (this) {
    is Tree.Leaf -> Tree.Node(this, value, this)
    is Tree.Node -> when {
        value < this.value -> Tree.Node(left.insert(value), this.value, right)
        value > this.value -> Tree.Node(left, this.value, right.insert(value))
        else -> this
    }
}

fun <T : Any, R> Tree<T>.fold(start: R, step: (R, T) -> R): R = when (this) {
    is Tree.Leaf -> start
    is Tree.Node -> right.fold(step(left.fold(start, step), value), step)
}

fun shapes() {
    val all: List<Shape> = listOf(Rectangle(2.5, 4.0), Circle(1.5), Nothingness, Rectangle(3.0, 3.0), Circle(0.25))
    for (shape in all.sorted()) println("${shape.name}: ${shape.area()}")
    println(Circle(1.5) == all[1] && Circle(1.5).hashCode() == all[1].hashCode())
    println(Rectangle(2.5, 4.0).copy(height = 1.0))
    val tree = "the quick brown fox jumps over the lazy dog".split(' ')
        .fold(Tree.Leaf as Tree<String>) { tree, word -> tree.insert(word) }
    println(tree.fold(StringBuilder()) { line, word -> line.append(word).append(' ') }.trimEnd())
    println("depth sum " + tree.fold(0) { sum, word -> sum + word.length })
}

// ---- Strings and collections ----------------------------------------------------------------------------

fun index(text: String): Map<String, List<Int>> {
    val index = LinkedHashMap<String, MutableList<Int>>()
    text.lowercase().split(' ', ',', '.').filter { it.isNotEmpty() }.forEachIndexed { at, word ->
        index.getOrPut(word) { ArrayList() }.add(at)
    }
    return index
}

fun collections() {
    val index = index("A rose is a rose, is a rose. Roses are roses.")
    for ((word, places) in index.entries.sortedWith(compareBy({ -it.value.size }, { it.key })))
        println("${word.padEnd(6, '.')}${places.joinToString(prefix = "[", postfix = "]")}")
    val evens = (1..30).filter { it % 2 == 0 }.toSet()
    val threes = (1..30 step 3).toHashSet()
    println((evens intersect threes).sorted())
    println((evens - threes).sumOf { it * it })
    println((1..10).groupBy { it % 3 }.mapValues { (_, numbers) -> numbers.reversed() })
    println("gräßlich 日本 🦀".let { "${it.length} ${it.reversed().length} ${it.uppercase()} ${it.encodeToByteArray().size}" })
    println("a-b-c".replace("-", " + ").repeat(2).substring(3, 12))
    val numbers = ArrayDeque<Int>()
    for (i in 1..1000) { numbers.addLast(i * 7919 % 1009); if (numbers.size > 16) numbers.removeFirst() }
    println(numbers.sortedDescending().chunked(8).joinToString("\n") { row -> row.joinToString(" ") { it.toString().padStart(4) } })
    println(generateSequence(27L) { n -> if (n == 1L) null else if (n % 2 == 0L) n / 2 else 3 * n + 1 }.count())
}

// ---- Lambdas that keep state ----------------------------------------------------------------------------

fun counter(step: Int): () -> Int {
    var count = 0
    return { count += step; count }
}

fun <A, B, C> compose(f: (A) -> B, g: (B) -> C): (A) -> C = { g(f(it)) }

fun lambdas() {
    val (ones, tens) = counter(1) to counter(10)
    repeat(3) { ones(); tens() }
    println("${ones()} ${tens()}")
    val shout = compose(String::uppercase) { text -> "$text!" }
    println(shout("lambda"))
    println((1..20).map { n -> if (n % 15 == 0) "FizzBuzz" else if (n % 5 == 0) "Buzz" else if (n % 3 == 0) "Fizz" else "$n" }.joinToString(" "))
}

// ---- Arithmetic -----------------------------------------------------------------------------------------

fun arithmetic() {
    println("${Int.MAX_VALUE + 1} ${Long.MIN_VALUE} ${-7 / 2} ${-7 % 2} ${(-7).floorDiv(2)} ${-7 ushr 28}")
    println("${1.0 / 3} ${1.0f / 3} ${1e300 * 1e300} ${0.1 + 0.2} ${100.0} ${5e-324} ${(2.5e9).toInt()} ${Double.NaN.toLong()}")
    println("${300.toByte()} ${'a' + 1} ${0xFF.toString(2)} ${"-7f".toInt(16)} ${4_000_000_000u} ${ULong.MAX_VALUE}")
    var hash = 1125899906842597L
    for (letter in "terrane") hash = 31 * hash + letter.code
    println(hash)
    val sieve = BooleanArray(10_000) { it > 1 }
    for (i in 2 until 100) if (sieve[i]) for (j in i * i until sieve.size step i) sieve[j] = false
    println("${sieve.count { it }} primes, the last ${sieve.indexOfLast { it }}")
}

// ---- Garbage --------------------------------------------------------------------------------------------

class Link(var next: Link?, val value: Int)

fun garbage() {
    var sum = 0L
    for (round in 1..200) {
        val first = Link(null, round)
        var last = first
        for (i in 1..100) { last.next = Link(null, i * round); last = last.next!! }
        last.next = first
        var link = first.next!!
        while (link !== first) { sum += link.value; link = link.next!! }
    }
    println("rings sum to $sum")
}
