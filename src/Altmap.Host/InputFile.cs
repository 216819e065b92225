namespace Altmap.Host;

/// <summary>Files that are read from start to end.</summary>
public static class InputFile
{
    /// <summary>Opens a file, pipe or device for reading.</summary>
    public static HostResult<Stream> Open(string path)
    {
        try
        {
            return new(BoundedFile.Open(path), null);
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return new(null, HostError.Of(path, e));
        }
    }
}

/// <summary>Directories that several files are written into.</summary>
public static class OutputDirectory
{
    /// <summary>Makes it where it is not there. Null, or the error.</summary>
    public static HostError? Make(string path)
    {
        try
        {
            Directory.CreateDirectory(path);
            return null;
        }
        catch (Exception e) when (HostError.IsOfFiles(e))
        {
            return HostError.Of(path, e);
        }
    }
}
