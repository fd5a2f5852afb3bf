//! The `tandem` command: joins the interpreter, the native modules, the compiler and the C API, and runs a program.

mod help;
mod options;
mod settings;

use std::io::Write as _;

use options::Request;

fn main() {
    let arguments: Vec<String> = std::env::args_os()
        .map(|a| a.to_string_lossy().into_owned())
        .collect();
    let environment = std::env::vars_os()
        .map(|(k, v)| {
            (
                k.to_string_lossy().into_owned(),
                v.to_string_lossy().into_owned(),
            )
        })
        .collect();
    let config = match options::read(&arguments, &environment) {
        Request::Run(config) => *config,
        Request::Print(text) => {
            let done = std::io::stdout().write_all(text.as_bytes());
            std::process::exit(i32::from(done.is_err()));
        }
        Request::Refuse(text) => {
            eprint!("{text}");
            std::process::exit(2);
        }
        Request::Fail(text) => {
            eprint!("{text}");
            std::process::exit(1);
        }
    };
    std::process::exit(run(config));
}

fn run(config: vm::runtime::Config) -> i32 {
    extabi::install();
    let native = [modules::MODULES, bindings::MODULES, &[&ctypes::MODULE]]
        .concat()
        .leak();
    let ts = match vm::runtime::start(config, native) {
        Ok(ts) => ts,
        Err(_) => {
            eprintln!("Fatal Python error: the runtime cannot start");
            vm::err_display::print_uncaught();
            return 1;
        }
    };
    let code = vm::runtime::run_main();
    let code = vm::shutdown::finish(ts, code);
    jit::report();
    if code == vm::err_display::INTERRUPTED {
        die_of_interrupt();
    }
    code
}

/// Ends the process by SIGINT, so that the shell sees that it was interrupted.
fn die_of_interrupt() {
    // SAFETY: resets one handler and raises the signal in this thread.
    unsafe {
        libc::signal(libc::SIGINT, libc::SIG_DFL);
        libc::raise(libc::SIGINT);
    }
}
