// Exceptions, thrown and caught over several frames. Not for the build in which they are traps.

class ParseError(message: String, val at: Int) : Exception(message)
class EvalError(message: String, cause: Throwable? = null) : RuntimeException(message, cause)

class Calculator(private val text: String) {
    private var at = 0

    fun run(): Int = sum().also { if (at < text.length) fail("unexpected '${text[at]}'") }

    private fun fail(message: String): Nothing = throw ParseError(message, at)

    private fun sum(): Int {
        var value = product()
        while (at < text.length && text[at] in "+-") value = if (text[at++] == '+') value + product() else value - product()
        return value
    }

    private fun product(): Int {
        var value = atom()
        while (at < text.length && text[at] in "*/") {
            if (text[at++] == '*') value *= atom()
            else value = try { value / atom() } catch (e: ArithmeticException) { throw EvalError("in '$text'", e) }
        }
        return value
    }

    private fun atom(): Int {
        if (at >= text.length) fail("unexpected end")
        if (text[at] == '(') {
            at++
            val value = sum()
            if (at >= text.length || text[at++] != ')') fail("expected ')'")
            return value
        }
        val start = at
        while (at < text.length && text[at].isDigit()) at++
        if (start == at) fail("expected a number")
        return text.substring(start, at).toInt()
    }
}

fun <T> attempt(what: String, block: () -> T) {
    val outcome = try {
        block().toString()
    } catch (e: ParseError) {
        "${e.message} at ${e.at}"
    } catch (e: EvalError) {
        "${e.message}: ${e.cause?.let { it::class.simpleName }}"
    } catch (e: Throwable) {
        "${e::class.simpleName}: ${e.message}"
    }
    println("$what -> $outcome")
}

fun dive(depth: Int, log: StringBuilder): Int = try {
    if (depth == 0) throw IllegalStateException("the bottom") else dive(depth - 1, log) + 1
} catch (e: IllegalStateException) {
    if (depth < 3) throw e
    log.append("caught ${e.message} at $depth; ")
    depth * 100
} finally {
    log.append(depth).append(' ')
}

fun exceptions() {
    for (text in listOf("1+2*3", "(1+2)*3", "7/(3-3)", "2*(3", "2*x", "", "99999999999", "8-3)")) attempt("'$text'") { Calculator(text).run() }
    attempt("list") { listOf(1, 2, 3)[3] }
    attempt("cast") { val any: Any = "text"; (any as Shape).area() }
    attempt("null") { val none: String? = if (Int.MAX_VALUE > 0) null else ""; none!!.length }
    attempt("map") { mapOf(1 to 2).getValue(3) }
    attempt("iterator") { emptyList<Int>().first() }
    attempt("check") { check(1 > 2) { "one is not above two" } }
    attempt("require") { require(false) }
    attempt("result") { runCatching { "12a".toInt() }.getOrElse { -1 } }
    val log = StringBuilder()
    println("${dive(6, log)} $log")
    var thrown = 0
    for (i in 1..1000) try { if (i % 3 == 0) throw EvalError("$i") } catch (e: EvalError) { thrown += e.message!!.length }
    println("$thrown digits thrown")
}

fun main() {
    shapes()
    collections()
    lambdas()
    arithmetic()
    garbage()
    exceptions()
}
