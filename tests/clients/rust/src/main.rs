//! What client libraries in Rust report about a token: `munjigi-clients CLIENT
//! TOKEN…` prints a JSON list with one text for each token. Address and keys
//! come from the environment.

use std::error::Error;

use recaptcha_verify::RecaptchaError;

type Told = Result<String, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut words = std::env::args().skip(1);
    let client = words.next().ok_or("which client?")?;
    let secret = std::env::var("SECRET")?;
    let edge = std::env::var("EDGE")?;
    let mut told = Vec::new();
    for token in words {
        told.push(match client.as_str() {
            "recaptcha-verify" => recaptcha(&secret, &token).await,
            "hcaptcha" => hcaptcha(&edge, &secret, &token).await?,
            other => return Err(format!("no client `{other}`").into()),
        });
    }
    println!("{}", serde_json::to_string(&told)?);
    Ok(())
}

async fn recaptcha(secret: &str, token: &str) -> String {
    match recaptcha_verify::verify_v3(secret, token, None).await {
        Ok(()) => "accepted".to_owned(),
        Err(RecaptchaError::HttpError(_)) => "raised HttpError".to_owned(),
        Err(code) => format!("refused {code:?}"),
    }
}

async fn hcaptcha(edge: &str, secret: &str, token: &str) -> Told {
    let client = hcaptcha::Client::new_with(&format!("{edge}/siteverify"))?;
    let asked = match hcaptcha::Request::new_from_response(secret, token) {
        Ok(request) => client.verify(request).await,
        Err(error) => Err(error),
    };
    Ok(match asked {
        Ok(response) if response.success() => "accepted".to_owned(),
        Ok(_) => "refused".to_owned(),
        Err(hcaptcha::Error::Codes(codes)) => {
            let mut names: Vec<String> = codes.iter().map(|code| format!("{code:?}")).collect();
            names.sort_unstable();
            format!("refused {}", names.join(" "))
        }
        Err(hcaptcha::Error::Reqwest(_)) => "raised Reqwest".to_owned(),
        Err(error) => format!("raised {error:?}"),
    })
}
