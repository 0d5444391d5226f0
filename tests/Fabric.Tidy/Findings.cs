namespace Fabric.Tidy;

/// <summary>Collects what a rule found, and fails the test with all of it at once.</summary>
public sealed class Findings
{
    private readonly List<string> _found = [];

    /// <param name="line">Counted from 1.</param>
    /// <param name="what">What is wrong there, and what to do.</param>
    public void Add(SourceFile file, int line, string what) => _found.Add($"{file.Path}:{line}: {what}");

    public void AssertNone()
    {
        if (_found.Count > 0)
            Assert.Fail($"{_found.Count} found\n{string.Join('\n', _found)}");
    }
}
