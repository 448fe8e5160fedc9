require "set"
Point = Struct.new(:x, :y) { def +(o) = Point.new(x + o.x, y + o.y) }
puts (Point.new(1, 2) + Point.new(3, 4)).inspect, 2**200, 10.fdiv(3).round(5), "%05.2f|%x" % [3.14159, 255]
puts %w[pear apple fig].sort_by { |w| [w.size, w] }.inspect, (1..10).each_slice(3).map(&:sum).inspect
fib = Enumerator.new { |y| a, b = 0, 1; loop { y << a; a, b = b, a + b } }
puts fib.lazy.select(&:even?).first(8).inspect
puts "2024-02-29 ERROR".gsub(/(\d+)-(\d+)/) { "#{$2}/#{$1}" }, "naïve".unicode_normalize(:nfd).bytes.size rescue puts "no normalize: #{$!.class}"
begin
  raise ArgumentError, "bad"
rescue => e
  puts "#{e.class}: #{e.message}"
ensure
  puts "ensured"
end
case { kind: "circle", r: 2 }
in { kind: "circle", r: Integer => r } if r > 1 then puts "circle #{r}"
end
puts catch(:found) { 10.times { |i| throw :found, i if i * i > 20 }; nil }
f = Fiber.new { x = Fiber.yield 1; Fiber.yield x * 2; :end }
puts f.resume, f.resume(21), f.resume
File.write("/work/ruby.txt", "one\ntwo\n")
puts File.readlines("/work/ruby.txt", chomp: true).inspect, File.size("/work/ruby.txt"), Dir.children("/work").sort.inspect
begin; File.open("/work/none"); rescue SystemCallError => e; puts e.class; end
puts (1..300000).reduce { |a, b| (a * 31 + b) & 0xffffff }
puts Set[3, 1, 2].to_a.sort.inspect, Comparable.instance_methods.size, "é".encoding, [1, [2, [3]]].flatten.pack("C*").unpack1("H*")
exit 5
