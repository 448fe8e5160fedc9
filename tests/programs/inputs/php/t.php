<?php
declare(strict_types=1);
namespace Tour;

interface Shape { public function area(): float; }
enum Unit: string { case Metre = 'm'; case Foot = 'ft'; }
final class Circle implements Shape {
    public function __construct(public readonly float $r, private Unit $unit = Unit::Metre) {}
    public function area(): float { return M_PI * $this->r ** 2; }
    public function __toString(): string { return sprintf("circle of %.2f%s", $this->r, $this->unit->value); }
}
echo new Circle(2.5, Unit::Foot), ' ', round((new Circle(1))->area(), 6), "\n";
$c = new Circle(1);
try { $c->r = 2.0; } catch (\Error $e) { echo get_class($e), ': ', $e->getMessage(), "\n"; }
function fib(int $n): \Generator { [$a, $b] = [0, 1]; while ($n--) { yield $a; [$a, $b] = [$b, $a + $b]; } }
echo implode(',', iterator_to_array(fib(20))), "\n";
echo json_encode(['a' => [1, 2.5, null], 'ü' => "x/y\u{1F600}"], JSON_UNESCAPED_UNICODE | JSON_PRETTY_PRINT), "\n";
var_dump(json_decode('{"a":{"b":[1,2]}}', true));
preg_match_all('/(?<k>\w+)=(?<v>[^;]*)/', 'a=1;bc=two;d=', $m, PREG_SET_ORDER);
foreach ($m as $x) echo $x['k'], '->', $x['v'], '|';
echo "\n", md5('terrane'), ' ', hash('sha256', 'terrane'), ' ', crc32('terrane'), "\n";
$words = ['pear', 'Apple', 'fig', 'banana'];
usort($words, fn($a, $b) => strlen($a) <=> strlen($b) ?: strcasecmp($a, $b));
print_r($words);
echo intdiv(-7, 2), ' ', -7 % 3, ' ', 7 <=> 3, ' ', PHP_INT_MAX + 1, ' ', 0.1 + 0.2, ' ', PHP_INT_SIZE, "\n";
file_put_contents('/work/php-out.txt', str_repeat("line\n", 3));
file_put_contents('/work/php-out.txt', "more\n", FILE_APPEND);
echo filesize('/work/php-out.txt'), ' ', json_encode(file('/work/php-out.txt', FILE_IGNORE_NEW_LINES)), "\n";
mkdir('/work/d'); touch('/work/d/x'); rename('/work/d/x', '/work/d/y');
echo implode(' ', array_diff(scandir('/work/d'), ['.', '..'])), ' ', is_dir('/work/d') ? 'dir' : 'no', ' ', @file_get_contents('/work/none') === false ? 'none' : 'some', "\n";
unlink('/work/d/y'); rmdir('/work/d');
$s = 0; for ($i = 0; $i < 2000000; $i++) { $s = ($s * 31 + $i) & 0xffffff; } echo $s, "\n";
$sieve = array_fill(0, 200001, true);
for ($i = 2; $i * $i <= 200000; $i++) if ($sieve[$i]) for ($j = $i * $i; $j <= 200000; $j += $i) $sieve[$j] = false;
echo count(array_filter(array_slice($sieve, 2))), "\n";
try { match (5) { 1 => 'a' }; } catch (\UnhandledMatchError $e) { echo $e->getMessage(), "\n"; }
exit(7);
