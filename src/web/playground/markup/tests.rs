use super::*;

fn shown(text: &str) -> String {
    let mut names = Names::default();
    names.users.insert(1, "Robin <b>".into());
    names.channels.insert(2, "general".into());
    names.roles.insert(3, "Keepers".into());
    render(text, &names).into_string()
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(shown(text), expected, "for {text:?}");
}

#[test]
fn styles_are_discords() {
    check(
        "**a** *b* __c__ ~~d~~ `e`",
        "<p><strong>a</strong> <em>b</em> <u>c</u> <s>d</s> <code>e</code></p>",
    );
    check("one ~tilde~", "<p>one ~tilde~</p>");
    check("a\nb", "<p>a<br>b</p>");
    check("# Big", "<p class=\"heading\" data-level=\"1\" role=\"heading\" aria-level=\"4\">Big</p>");
    check("#### four", "<p>#### four</p>");
}

#[test]
fn small_text_and_quotes_end_with_their_line() {
    check("a\n-# b\nc", "<p>a</p><p class=\"small\">b</p><p>c</p>");
    check("> a\nb", "<blockquote><p>a</p></blockquote><p>b</p>");
    check(">>> a\nb\n\nc", "<blockquote><p>a<br>b</p><p>c</p></blockquote>");
    check("- a\n- b\nc", "<ul><li>a</li><li>b</li></ul><p>c</p>");
}

#[test]
fn what_only_markdown_knows_stays_text() {
    check("a\n---\nb", "<p>a<br>---<br>b</p>");
    check("a\n===", "<p>a<br>===</p>");
    check(
        "[x]: http://a.example",
        "<p>[x]: <a href=\"http://a.example\" target=\"_blank\" rel=\"noopener nofollow noreferrer\">http://a.example</a></p>",
    );
    check("    deep", "<p>\u{A0}\u{A0}\u{A0}\u{A0}deep</p>");
}

#[test]
fn fences_hold_their_code_and_lose_none_of_it() {
    let code = |inner: &str, language: &str| {
        format!(
            "<div class=\"fence\"><span class=\"language\">{language}</span><button class=\"copy\" type=\"button\" \
             data-action=\"copy\">Copy</button><pre tabindex=\"0\"><code>{inner}</code></pre></div>"
        )
    };
    check("```rust\nlet a = 1 < 2;\n```", &code("let a = 1 &lt; 2;\n", "rust"));
    check("look: ```js\nx\n```", &format!("<p>look:</p>{}", code("x\n", "js")));
    check("```let it be\nsecond```", &code("let it be\nsecond\n", ""));
    check("````rust\nx\n```", &code("x\n", "rust"));
    check("```\nstill **open**", &code("still **open**\n", ""));
}

#[test]
fn spoilers_are_paired_and_a_lone_mark_is_text() {
    let hidden = |inner: &str| {
        format!(
            "<span class=\"spoiler\" role=\"button\" tabindex=\"0\" aria-label=\"Spoiler: press to show\">\
             <span inert>{inner}</span></span>"
        )
    };
    check("||a **b**|| c", &format!("<p>{} c</p>", hidden("a <strong>b</strong>")));
    check("a || b", "<p>a || b</p>");
    check("||||", "<p>||||</p>");
    check("*a||b*c||", "<p><em>a||b</em>c||</p>");
}

#[test]
fn spoilers_span_paragraphs() {
    let hidden = |inner: &str| {
        format!(
            "<div class=\"spoiler\" role=\"button\" tabindex=\"0\" aria-label=\"Spoiler: press to show\">\
             <div inert>{inner}</div></div>"
        )
    };
    check("a ||b\n\nc|| d", &format!("<p>a </p>{}<p> d</p>", hidden("<p>b</p><p>c</p>")));
    check("||a\n- b\n\nc||", &hidden("<p>a</p><ul><li>b</li></ul><p>c</p>"));
    check("a ||b\n\nc", "<p>a ||b</p><p>c</p>");
    check("||a\n\nb||\n\nc ||", &format!("{}<p>c ||</p>", hidden("<p>a</p><p>b</p>")));
    assert_eq!(preview("so: ||he\n\ndies|| sadly", &Names::default(), 40), "so: ▒ sadly");
}

#[test]
fn ids_become_names_that_are_escaped() {
    let robin = "<span class=\"chip\">@<bdi>Robin &lt;b&gt;</bdi></span>";
    check("<@1> <@!1>", &format!("<p>{robin} {robin}</p>"));
    check(
        "<#2><@&3>",
        "<p><span class=\"chip\">#<bdi>general</bdi></span><span class=\"chip\">@<bdi>Keepers</bdi></span></p>",
    );
    check("<@99>", "<p><span class=\"chip\">@<bdi>someone</bdi></span></p>");
    check("`<@1>`", "<p><code>&lt;@1&gt;</code></p>");
    assert!(shown("<t:1700000000:R>").contains("data-seconds=\"1700000000\" data-format=\"R\""));
    check("<t:x> <:odd>", "<p>&lt;t:x&gt; &lt;:odd&gt;</p>");
}

#[test]
fn only_web_addresses_become_links_and_masked_ones_say_where_they_lead() {
    let link = "<a href=\"https://a.example/x\" target=\"_blank\" rel=\"noopener nofollow noreferrer\">";
    check("(see https://a.example/x).", &format!("<p>(see {link}https://a.example/x</a>).</p>"));
    check(
        "[here](https://a.example/x)",
        &format!("<p>{link}here</a><span class=\"host\"> (a.example)</span></p>"),
    );
    check("[here](javascript:alert(1))", "<p>here</p>");
    check("[here](<data:text/html,x>)", "<p>here</p>");
    check("[a](https://bank.example@evil.example/)", "<p>a</p>");
    check(
        "![pixel](https://a.example/x)",
        &format!("<p>{link}pixel</a><span class=\"host\"> (a.example)</span></p>"),
    );
}

#[test]
fn markup_in_a_message_is_text() {
    for hostile in [
        "<script>alert(1)</script>",
        "x <img src=x onerror=alert(1)>",
        "<!-- hidden -->",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "> <iframe src=\"//evil\">",
        "`<script>`",
        "```<script>\n</script>```",
        "[<script>](https://a.example)",
        "```\"><script>\nx```",
    ] {
        let html = shown(hostile);
        for tag in ["<script", "<img", "<iframe", "<!--"] {
            assert!(!html.contains(tag), "{hostile:?} became {html}");
        }
    }
    check("<div>**a**</div>", "<p>&lt;div&gt;<strong>a</strong>&lt;/div&gt;</p>");
}

#[test]
fn text_cannot_turn_the_line_around() {
    let html = shown("a\u{202E}b&#x202E;`\u{202D}c`\u{2066}");
    assert!(!html.contains(['\u{202E}', '\u{202D}', '\u{2066}']), "{html:?}");
}

#[test]
fn a_preview_is_one_plain_line_that_keeps_secrets() {
    let names = Names { users: HashMap::from([(1, "Robin".to_owned())]), ..Names::default() };
    let long = "**Hey** <@1>, ||the butler|| did\n- this\n- that\n```rust\nfn x() {}\n```";
    assert_eq!(preview(long, &names, 100), "Hey @Robin, ▒ did this that fn x() {}");
    assert_eq!(preview("ééééé", &names, 3), "ééé…");
}

#[test]
fn absurd_nesting_and_lengths_are_survived() {
    for pattern in ["> ", "**", "[", "- ", "||", "<", "_*", "`", "![](", "\u{200B}", "~~a"] {
        let html = shown(&pattern.repeat(2000));
        assert!(html.len() < 400_000, "{pattern:?} grew to {}", html.len());
    }
    check("", "");
}
