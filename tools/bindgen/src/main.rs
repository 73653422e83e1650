//! Turns the compiled `.wasm` into the JavaScript glue that `pkg/` ships.
//!
//! Usage: `bindgen INPUT.wasm OUT_DIR OUT_NAME`

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(input), Some(out_dir), Some(out_name)) = (args.next(), args.next(), args.next())
    else {
        return Err("usage: bindgen INPUT.wasm OUT_DIR OUT_NAME".into());
    };
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen
        .input_path(input)
        .out_name(&out_name)
        .typescript(true)
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .reset_state_function(true)
        .web(true)?;
    Ok(bindgen.generate(out_dir)?)
}
