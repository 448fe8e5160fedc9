//! Results in the XML format of JUnit, which many services read.

use super::Ran;
use std::fmt::Write;
use terrane_spec_suite::Verdict;

/// A test suite per set, a test case per script.
pub(super) fn document(all: &[Ran]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for set in all.chunk_by(|a, b| a.set() == b.set()) {
        let failures = set.iter().filter(|ran| !ran.verdict.is_good()).count();
        let skipped = set.iter().filter(|ran| matches!(ran.verdict, Verdict::FailedAsExpected(_))).count();
        let name = escape(set[0].set());
        let counts = format!("tests=\"{}\" failures=\"{failures}\" skipped=\"{skipped}\"", set.len());
        writeln!(xml, "  <testsuite name=\"{name}\" {counts}>").expect("a String takes all");
        set.iter().for_each(|ran| case(&mut xml, ran));
        xml.push_str("  </testsuite>\n");
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn case(xml: &mut String, ran: &Ran) {
    let script = ran.report.name.rsplit('/').next().unwrap_or_default();
    let (set, script) = (escape(ran.set()), escape(script));
    let time = ran.time.as_secs_f64();
    write!(xml, "    <testcase classname=\"{set}\" name=\"{script}\" time=\"{time:.3}\"")
        .expect("a String takes all");
    let (element, message, text) = match &ran.verdict {
        Verdict::Passed => return xml.push_str("/>\n"),
        Verdict::FailedAsExpected(reason) => ("skipped", reason.clone(), String::new()),
        Verdict::PassedUnexpectedly(reason) => {
            ("failure", format!("passed, but was expected to fail: {reason}"), String::new())
        }
        Verdict::Failed => {
            let failures: Vec<String> = ran.report.failures.iter().map(ToString::to_string).collect();
            ("failure", format!("{} directives failed", failures.len()), failures.join("\n"))
        }
    };
    let (message, text) = (escape(&message), escape(&text));
    writeln!(xml, ">\n      <{element} message=\"{message}\">{text}</{element}>\n    </testcase>")
        .expect("a String takes all");
}

/// Text as XML, without the characters that XML cannot have.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use terrane_wast::ScriptReport;

    #[test]
    fn a_document() {
        let failed =
            ScriptReport::failed("set/b.wast", "assert_return", "expected <1>, found \"2\"\u{1}".to_owned());
        let passed = ScriptReport { name: "set/a.wast".to_owned(), parsed: true, ..ScriptReport::default() };
        let ran = |report, verdict| Ran { report, verdict, time: Duration::from_millis(1500) };
        let all = [ran(passed, Verdict::Passed), ran(failed, Verdict::Failed)];
        let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="set" tests="2" failures="1" skipped="0">
    <testcase classname="set" name="a.wast" time="1.500"/>
    <testcase classname="set" name="b.wast" time="1.500">
      <failure message="1 directives failed">0:0: assert_return: expected &lt;1&gt;, found &quot;2&quot;�</failure>
    </testcase>
  </testsuite>
</testsuites>
"#;
        assert_eq!(document(&all), expected);
    }
}
