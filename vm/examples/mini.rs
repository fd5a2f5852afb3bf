//! Scratch.
use vm::runtime::*;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let manager = std::env::var("GC").unwrap_or("refcount".into());
    let config = Config {
        program: Program::Stdin, argv: vec![], orig_argv: vec![], executable: "".into(), manager, gc_stress: std::env::var("STRESS").ok().map(|s| s.parse().unwrap()), gc_stats: None, stdlib: None,
        debug: 0, inspect: false, optimize: 0, dont_write_bytecode: true, no_user_site: true, no_site: true, ignore_environment: true, verbose: 0, bytes_warning: 0, quiet: true, isolated: true, unbuffered: false,
        safe_path: false, dev_mode: false, utf8_mode: true, warn_default_encoding: false, int_max_str_digits: None, faulthandler: false, import_time: 0, tracemalloc: 0, warn_options: vec![], x_options: vec![], python_path: vec![], hash_seed: Some(0), pycache_prefix: None,
        check_hash_pycs: CheckHashPycs::Default, stdio_encoding: None, stdio_errors: None, startup: None };
    match start(config, &[]) {
        Ok(_) => {}
        Err(_) => { eprintln!("start failed"); vm::err_display::print_uncaught(); }
    }
    if std::env::var("STRESS").is_ok() { gc::start_stress(); }
    let source = if args[1] == "-c" { args[2].clone() } else { std::fs::read_to_string(&args[1]).unwrap() };
    let bytes = compiler::compile(&source, "<mini>", compiler::Mode::Exec, compiler::Options::default(), &mut |_| Ok(())).map_err(|e| eprintln!("{e:?}")).unwrap();
    let Ok(code) = vm::marshal::load_code(&bytes) else { vm::err_display::print_uncaught(); return };
    use vm::types::dict::DictExt;
    let d = vm::types::dict::new();
    d.set_str("__name__", vm::types::str_::new("__main__").as_obj()).ok();
    d.set_str("__builtins__", builtins()).ok();
    use vm::object::AsObj;
    match vm::interp::eval_code(&code, &d, None) {
        Ok(_) => {}
        Err(_) => { vm::err_display::print_uncaught(); }
    }
}
