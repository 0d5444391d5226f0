using System.Diagnostics;

namespace Fabric.Demo;

/// <summary>What the person sees: headings, steps with their duration, expectations and tables.</summary>
/// <remarks>Control codes (colour) are written only to a terminal, and not if NO_COLOR is set (no-color.org).</remarks>
internal sealed class Report(TextWriter output)
{
    private const string Indent = "   ";

    private readonly bool _colour = !Console.IsOutputRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    private readonly Stopwatch _watch = Stopwatch.StartNew();

    public int Held { get; private set; }

    public int Broken { get; private set; }

    public TimeSpan Elapsed => _watch.Elapsed;

    public void Heading(string text) => output.WriteLine($"\n{Coloured("1", text)}");

    public void Line(string text = "") => output.WriteLine(text);

    /// <summary>Lines of a table or of another program's output.</summary>
    public void Block(string text)
    {
        foreach (var line in text.TrimEnd('\n').Split('\n'))
            output.WriteLine(line.Length == 0 ? "" : Indent + line);
    }

    /// <summary>A command, and below it what it printed.</summary>
    public void Command(string command, string printed)
    {
        output.WriteLine($"\n{Indent}{Coloured("1", $"$ {command}")}");
        Block(printed);
    }

    /// <summary>Says what is going on before it goes on, and behind it how long it took.</summary>
    public async Task<T> DoAsync<T>(string text, Func<Task<T>> work)
    {
        output.Write($"{Indent}{text} … ");
        output.Flush();
        var began = Stopwatch.GetTimestamp();
        try
        {
            var result = await work();
            output.WriteLine($"done ({Seconds(Stopwatch.GetElapsedTime(began))})");
            return result;
        }
        catch
        {
            output.WriteLine();
            throw;
        }
    }

    /// <inheritdoc cref="DoAsync{T}"/>
    public Task DoAsync(string text, Func<Task> work) => DoAsync(text, async () =>
    {
        await work();
        return true;
    });

    /// <summary>One thing that must hold. If it does not, the demo goes on and fails in the end.</summary>
    public void Expect(bool holds, string text)
    {
        if (holds)
            Held++;
        else
            Broken++;
        output.WriteLine(Indent + (holds ? Coloured("32", "✓ ") + text : Coloured("31", "✗ " + text)));
    }

    /// <summary>The demo can't go on.</summary>
    public void Failed(string why)
    {
        Broken++;
        output.WriteLine(Coloured("31", $"\n✗ {why}"));
    }

    public static string Seconds(TimeSpan time) => time.TotalSeconds < 1
        ? $"{time.TotalMilliseconds:0} ms"
        : $"{time.TotalSeconds:0.0} s";

    private string Coloured(string code, string text) => _colour ? $"\e[{code}m{text}\e[0m" : text;
}
