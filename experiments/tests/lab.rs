//! The lab from outside: an experiment in one file is listed, runs, goes on where it stopped, and has its section; failures
//! are shown as what they are.

use std::path::Path;
use std::process::{Command, Output};

const PLAN: &str = r#"
title = "An experiment of the test"
question = "Does it run?"
subjects = ["cpython"]
rounds = 2
quick_rounds = 2
timeout = 2

[[workload]]
name = "sums"
script = "sums.py"
args = ["1000"]

[[workload]]
name = "fails"
options = ["-c", "raise SystemExit(3)"]

[[workload]]
name = "hangs"
options = ["-c", "import time; time.sleep(60)"]

[[workload]]
name = "crashes"
options = ["-c", "import os; os.abort()"]

[[table]]
title = "Time"
metrics = ["wall"]

[[table]]
title = "What it found"
metrics = ["value:sum"]

[[plot]]
title = "Time"
kind = "bars"
metric = "wall"
"#;

const SCRIPT: &str = r#"
import json, os, sys
total = sum(range(int(sys.argv[1])))
with open(os.environ["TANDEM_LAB_REPORT"], "a") as file:
    file.write(json.dumps({"value": "sum", "is": total}) + "\n")
print(total)
"#;

fn lab(plans: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lab"))
        .args(["--no-build", "--plans"])
        .arg(plans)
        .args(arguments)
        .output()
        .expect("the lab runs")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

#[test]
fn an_experiment_is_one_file() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("mine.toml"), PLAN).expect("written");
    std::fs::write(folder.path().join("sums.py"), SCRIPT).expect("written");
    let listed = text(&lab(folder.path(), &["list"]));
    assert!(
        listed.contains("mine") && listed.contains("An experiment of the test"),
        "{listed}"
    );

    let record = folder.path().join("record");
    let record = record.to_str().expect("a name");
    let run = || lab(folder.path(), &["run", "mine", "--record", record]);
    let first = text(&run());
    for expected in [
        "499500",
        "exit code 3",
        "timeout after 2 s",
        "crash: SIGABRT",
    ] {
        assert!(first.contains(expected), "no {expected} in {first}");
    }
    let runs =
        || std::fs::read_to_string(folder.path().join("record/mine.jsonl")).expect("a record");
    let made = runs();
    let page = std::fs::read_to_string(folder.path().join("record/report.html")).expect("a page");
    assert!(page.contains("Does it run?") && page.contains("crash: SIGABRT"));

    // Cut off within a line, as by a kill: what is missing is run again, the rest is not.
    let cut = made.find('\n').expect("a line") + 20;
    std::fs::write(folder.path().join("record/mine.jsonl"), &made[..cut]).expect("written");
    run();
    let first_line = made.lines().next();
    assert_eq!(runs().lines().next(), first_line);
    assert_eq!(runs().lines().count(), made.lines().count());
}

#[test]
fn what_is_not_there_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(
        folder.path().join("mine.toml"),
        PLAN.replace("cpython", "jython"),
    )
    .expect("written");
    let output = lab(folder.path(), &["list"]);
    assert!(!output.status.success());
    assert!(
        text(&output).contains("unknown subject `jython`"),
        "{}",
        text(&output)
    );

    let output = lab(folder.path(), &["compare", "missing.py"]);
    assert!(!output.status.success());
    assert!(text(&output).contains("missing.py"), "{}", text(&output));
}
