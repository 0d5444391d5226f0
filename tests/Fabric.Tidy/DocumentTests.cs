using System.Text.RegularExpressions;

namespace Fabric.Tidy;

/// <summary>Rules about what readers of the documents rely on.</summary>
public sealed partial class DocumentTests
{
    private readonly Findings _findings = new();

    [Fact]
    public void Every_link_leads_somewhere()
    {
        foreach (var file in Tree.Ending(".md"))
        {
            foreach (Match match in Link().Matches(WithoutCode(file.Text)))
            {
                var target = match.Groups["target"].Value;
                if (!Scheme().IsMatch(target) && Broken(file, target) is { } reason)
                    _findings.Add(file, file.LineOf(match.Index), $"({target}) {reason}: correct the link");
            }
        }
        _findings.AssertNone();
    }

    [SkippableFact]
    public void Every_option_of_the_agent_is_documented()
    {
        var readme = Tree.Files.FirstOrDefault(file => file.Path == "README.md");
        Skip.If(readme is null, "there is no README.md to document the options in");
        var documents = string.Join('\n', Tree.Ending(".md").Under("docs/").Append(readme).Select(file => file.Text));
        foreach (var file in Tree.CSharp.Where(file => file.Path.EndsWith("/NodeOptionSpecs.cs", StringComparison.Ordinal)))
        {
            foreach (Match match in OptionSpec().Matches(file.Text))
            {
                var option = "--" + match.Groups["name"].Value;
                if (!Regex.IsMatch(documents, Regex.Escape(option) + @"(?![\w-])"))
                    _findings.Add(file, file.LineOf(match.Index), $"{option} stands in no document: describe it in README.md or in docs/");
            }
        }
        _findings.AssertNone();
    }

    [Fact]
    public void No_file_names_a_folder_of_the_machine_it_was_written_on()
    {
        foreach (var file in Tree.Texts)
        {
            foreach (var (index, line) in file.Lines.Index())
            {
                if (HomeFolder().Match(line) is { Success: true } home)
                    _findings.Add(file, index + 1, $"{home.Value} exists on one machine only: make it relative or a parameter");
                else if (line.Contains(Tree.Root + "/", StringComparison.Ordinal))
                    _findings.Add(file, index + 1, $"{Tree.Root} exists on one machine only: make it relative to the file");
            }
        }
        _findings.AssertNone();
    }

    [Fact]
    public void White_space_is_clean()
    {
        foreach (var file in Tree.Texts.Where(file => !file.Path.EndsWith(".sln", StringComparison.Ordinal)))
        {
            foreach (var (index, line) in file.Lines.Index())
            {
                if (line.EndsWith('\r'))
                    _findings.Add(file, index + 1, "ends in CR LF: save with LF");
                else if (line.Length > 0 && char.IsWhiteSpace(line[^1]))
                    _findings.Add(file, index + 1, "ends in white space: trim it");
                else if (line.StartsWith('\t') && file.Path.EndsWith(".cs", StringComparison.Ordinal))
                    _findings.Add(file, index + 1, "indented by a tab: four spaces");
            }
            if (file.Text.Length > 0 && (!file.Text.EndsWith('\n') || file.Text.EndsWith("\n\n", StringComparison.Ordinal)))
                _findings.Add(file, file.Lines.Length, "must end in exactly one line feed");
        }
        _findings.AssertNone();
    }

    /// <summary>The reason why a relative link leads nowhere, or null.</summary>
    private static string? Broken(SourceFile from, string target)
    {
        var parts = target.Split('#', 2);
        var path = parts[0].Length == 0
            ? from.FullPath
            : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(from.FullPath)!, Uri.UnescapeDataString(parts[0])));
        if (!Path.Exists(path))
            return "does not exist";
        if (parts.Length == 1 || !path.EndsWith(".md", StringComparison.Ordinal))
            return null;
        var headings = Heading().Matches(File.ReadAllText(path)).Select(heading => Anchor(heading.Groups["text"].Value));
        return headings.Contains(parts[1], StringComparer.Ordinal) ? null : $"has no heading '{parts[1]}'";
    }

    /// <summary>A heading's anchor as GitHub makes it: lower case, punctuation dropped, spaces to hyphens.</summary>
    private static string Anchor(string heading) =>
        NotInAnchor().Replace(heading.Trim().ToLowerInvariant(), "").Replace(' ', '-');

    /// <summary>The same text with code blanked, so that positions stay.</summary>
    private static string WithoutCode(string text) =>
        Code().Replace(text, match => string.Concat(match.Value.Select(letter => letter == '\n' ? '\n' : ' ')));

    [GeneratedRegex(@"\[[^\]\n]*\]\((?<target>[^)\s]+)(\s+""[^""]*"")?\)")]
    private static partial Regex Link();

    [GeneratedRegex("^[a-z][a-z0-9+.-]*:")]
    private static partial Regex Scheme();

    [GeneratedRegex(@"^#{1,6} +(?<text>.+?) *$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\p{L}\p{N}\- _]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex(@"^```.*?^```|`[^`\n]+`", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex("""new\("(?<name>[a-z0-9-]+)",""")]
    private static partial Regex OptionSpec();

    [GeneratedRegex(@"(?<![\w.}])/(home|Users|root)/[\w.-]+")]
    private static partial Regex HomeFolder();
}
