using System.Text.RegularExpressions;

namespace Fabric.Tidy;

/// <summary>Rules about the text of C# files.</summary>
public sealed partial class CodeTests
{
    private const int MaxLines = 400;
    private const int MaxColumns = 160;
    private readonly Findings _findings = new();

    [Fact]
    public void Files_are_short_enough_to_read_in_one_sitting()
    {
        foreach (var file in Tree.CSharp)
        {
            var lines = file.Text.AsSpan().Count('\n');
            if (lines > MaxLines)
                _findings.Add(file, MaxLines, $"{lines} lines, {MaxLines} allowed: split by phase, or name the missing concept");
        }
        _findings.AssertNone();
    }

    [Fact]
    public void Lines_fit_into_a_window()
    {
        foreach (var file in Tree.CSharp)
        {
            foreach (var (index, line) in file.Lines.Index())
            {
                // A message or a piece of test data stays whole, so that it can be searched for.
                if (line.Length > MaxColumns && Literal().Replace(line, "").Length > MaxColumns)
                    _findings.Add(file, index + 1, $"{line.Length} columns, {MaxColumns} allowed: break the line");
            }
        }
        _findings.AssertNone();
    }

    [Fact]
    public void Nothing_is_left_for_later()
    {
        Find(Tree.CSharp.Concat(Tree.Ending(".sh")), Unfinished(), match => $"'{match}': finish it, or open an issue and drop the mark");
        _findings.AssertNone();
    }

    [Fact]
    public void Nobody_sleeps()
    {
        // The benchmarks and the demo are programs that pace themselves by the real clock, each on a thread of its own.
        var waiting = Tree.CSharp.Where(file => !file.Path.StartsWith("bench/", StringComparison.Ordinal)
            && !file.Path.StartsWith("tests/Fabric.Demo/", StringComparison.Ordinal)).ToList();
        Find(waiting, Sleep(), _ => "await a condition with a deadline instead of sleeping");
        foreach (var file in waiting.Under("tests/"))
        {
            foreach (Match match in Delay().Matches(file.Text))
            {
                var call = Call(file.Text, match.Index + match.Length);
                if (!GivenTime().IsMatch(call))
                    _findings.Add(file, file.LineOf(match.Index), "a delay on the real clock: await a condition, or pass the test's TimeProvider");
            }
        }
        _findings.AssertNone();
    }

    [Fact]
    public void No_exception_is_swallowed()
    {
        Find(Tree.CSharp, EmptyCatch(), _ => "an empty catch: catch what is expected by its type, and say in it why nothing is to be done");
        _findings.AssertNone();
    }

    [Fact]
    public void No_method_is_async_void()
    {
        Find(Tree.CSharp, AsyncVoid(), _ => "its exceptions end the process; return a Task and await it");
        _findings.AssertNone();
    }

    private void Find(IEnumerable<SourceFile> files, Regex pattern, Func<string, string> what)
    {
        foreach (var file in files)
        {
            foreach (Match match in pattern.Matches(file.Text))
                _findings.Add(file, file.LineOf(match.Index), what(match.Value));
        }
    }

    /// <summary>The arguments of a call whose opening parenthesis ends at <paramref name="start"/>.</summary>
    private static string Call(string text, int start)
    {
        var depth = 1;
        for (var at = start; at < text.Length; at++)
        {
            depth += text[at] switch { '(' => 1, ')' => -1, _ => 0 };
            if (depth == 0)
                return text[start..at];
        }
        return text[start..];
    }

    [GeneratedRegex(""""""
        """.*?"""|"([^"\\]|\\.)*"
        """""")]
    private static partial Regex Literal();

    // One letter of each stands in a class of its own, so that this file does not find itself.
    [GeneratedRegex(@"\b(T[O]DO|F[I]XME|H[A]CK|X[X]X)\b|Not[I]mplementedException")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"Thread\.[S]leep")]
    private static partial Regex Sleep();

    [GeneratedRegex(@"Task\.[D]elay\(")]
    private static partial Regex Delay();

    // ", time", ", _time", ", loop.Time" or ", timeProvider"; the system's own provider is the real clock.
    [GeneratedRegex(@",\s*(?!TimeProvider\.System)[\w.]*\b_?([tT]ime|[tT]imeProvider|[cC]lock)\b")]
    private static partial Regex GivenTime();

    [GeneratedRegex(@"\bcatch\s*(\(\s*(System\.)?Exception(\s+\w+)?\s*\)\s*)?\{\s*\}")]
    private static partial Regex EmptyCatch();

    [GeneratedRegex(@"\basync\s+[v]oid\b")]
    private static partial Regex AsyncVoid();
}
