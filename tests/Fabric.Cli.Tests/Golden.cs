namespace Fabric.Cli.Tests;

/// <summary>Compares an output with a stored one. FABRIC_WRITE_GOLDEN=DIRECTORY stores what is printed now; read the difference.</summary>
internal static class Golden
{
    public static void Check(string name, string actual)
    {
        var file = $"{name.Replace('/', '_').Replace(' ', '-')}.txt";
        if (Environment.GetEnvironmentVariable("FABRIC_WRITE_GOLDEN") is { Length: > 0 } directory)
            File.WriteAllText(Path.Combine(directory, file), actual);
        else
            Assert.Equal(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", file)), actual);
    }
}
