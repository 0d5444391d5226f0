using System.Globalization;
using System.Text.Json;

namespace Fabric.Bench;

/// <summary>Collects the rows of a run, tells how it goes, and prints the table at the end.</summary>
internal sealed class Results
{
    private readonly List<ResultRow> _rows = [];

    public void Add(ResultRow row)
    {
        _rows.Add(row);
        Progress(Line(row));
    }

    /// <summary>Shows that something happens, on standard error: the table goes to standard output.</summary>
    public static void Progress(string text) => Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} {text}");

    public void Print()
    {
        Console.WriteLine();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{"measure",-58} {"got",10} {"p99",10} {"reference",10} {"ratio",7} {"goal",8}"));
        foreach (var row in _rows)
            Console.WriteLine(Line(row));
        Console.WriteLine();
        foreach (var against in _rows.Where(r => r.Against.Length > 0).GroupBy(r => r.Against))
            Console.WriteLine($"reference of {string.Join("; ", against.Select(r => r.Measure))}: {against.Key}");
    }

    public void Write(string path) =>
        File.WriteAllText(path, JsonSerializer.Serialize(_rows, ResultJson.Default.IReadOnlyListResultRow));

    private static string Line(ResultRow row)
    {
        var goal = row.Goal is not { } limit ? "" : $"{(row.GoalIsFloor ? ">=" : "<=")}{Number(limit)}";
        var verdict = row.IsReached switch { true => "ok", false => "MISSED", null => "" };
        return $"{row.Measure,-58} {Number(row.Got) + " " + row.Unit,10} {Number(row.P99),10} {Number(row.Reference),10} "
            + $"{(row.Ratio is { } ratio ? ratio.ToString("0.00", CultureInfo.InvariantCulture) : ""),7} {goal,8} {verdict}";
    }

    private static string Number(double? number) => number switch
    {
        null => "",
        >= 1000 => number.Value.ToString("n0", CultureInfo.InvariantCulture),
        _ => number.Value.ToString("0.###", CultureInfo.InvariantCulture),
    };
}
